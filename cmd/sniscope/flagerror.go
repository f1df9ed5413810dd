package main

import (
	"errors"

	"github.com/spf13/pflag"
)

// flagError says in our words what pflag found wrong.
func flagError(err error) error {
	const hint = "sniscope --help lists the flags"
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return usagef("%s %q: want %s", shown(f), invalid.GetValue(), wanted(f.Value.Type()))
	case errors.As(err, &missing):
		f := missing.GetFlag()
		value, _ := pflag.UnquoteUsage(f)
		return usagef("%s %s: the value is missing", shown(f), value)
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return &usageError{message: "unknown flag -" + unknown.GetSpecifiedName(), hint: hint}
	case errors.As(err, &unknown):
		return &usageError{message: "unknown flag --" + unknown.GetSpecifiedName(), hint: hint}
	}
	return &usageError{message: err.Error(), hint: hint}
}

// shown is the name that people know a flag by.
func shown(f *pflag.Flag) string {
	if f.Hidden {
		return "-" + f.Shorthand
	}
	return "--" + f.Name
}

// wanted says what a flag of the given type takes.
func wanted(kind string) string {
	switch kind {
	case "uint64", "uint", "int":
		return "a number"
	case "duration":
		return "a duration such as 30s or 5m"
	case "bool":
		return "true or false"
	}
	return "a list separated by commas"
}
