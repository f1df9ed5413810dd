package main

import (
	"errors"
	"strings"

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

// emptyValue refuses a flag that was given an empty text, as by a variable of a script that is not set: it would be taken
// for one that was not given, and --fail-on would let everything pass. An empty filter is every packet, as in tcpdump.
func emptyValue(s *pflag.FlagSet) (err error) {
	s.Visit(func(f *pflag.Flag) {
		text := f.Value.String()
		if list, ok := f.Value.(pflag.SliceValue); ok {
			text = strings.Join(list.GetSlice(), "")
		}
		if text == "" && f.Name != "filter" && err == nil {
			value, _ := pflag.UnquoteUsage(f)
			err = usagef("%s %s: the value is empty", shown(f), value)
		}
	})
	return err
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
