package diagnosis

import "slices"

// order is the precedence: the first rule that is not "no" decides. A rule that holds names the diagnosis; one
// that may hold for all the capture shows makes it incomplete-capture, since what is missing could change the
// verdict. What holds further down is mentioned in the detail.
//
// A new rule is one more entry here, a file of its own, an entry in catalogue and a test.
var order = [...]struct {
	title string
	rules []*rule
}{
	{"A second handshake after the first", []*rule{&secondDeclined, &secondRequired, &secondRejected}},
	{"The handshake went through", []*rule{&noSNIAccepted, &sniInvalidAccepted, &certificateMismatchAccepted, &healthy}},
	{"Full-size packets did not arrive", []*rule{&pathMTUOfFlight, &pathMTUOfHello, &pathMTUOverUDP, &pathMTUOfFlightUDP}},
	{"Before the client's first byte", []*rule{
		&destinationUnreachable, &connectionRefused, &synUnanswered,
		&serverClosedBeforeHello, &resetBeforeHello, &clientLeftBeforeHello,
	}},
	{"Before TLS began, or instead of it", []*rule{
		&proxyRefused, &startTLSRefused, &serverLeftAgreed, &clientLeftAgreed, &proxyHeaderUnexpected, &plaintextToTLSPort, &tlsToPlaintextPort, &notTLS,
	}},
	{"In the middle of the hello", []*rule{&pathMTUGivenUp, &helloUnreceived, &helloResetAmid, &helloClosedAmid, &alertAmid}},
	{"Alerts that name the cause", []*rule{
		&fallbackAlert, &alpnMismatch, &alpnMismatchUnread, &echRequired, &versionAlert, &versionDeclined, &certificateRequiredAlert, &fallbackRefused, &oldVersion,
	}},
	{"No server name", []*rule{&noSNIReset, &noSNIAlert, &noSNIClosed, &noSNITakenLeave, &noSNIUnanswered, &noSNIClientRejected}},
	{"Alerts of the server", []*rule{&sniInvalidRefused, &sniUnrecognized, &noCommonParameters, &serverAlert}},
	{"The hello met no TLS", []*rule{&helloReset, &helloClosed, &helloTakenLeave, &helloUnanswered, &pathMTU}},
	{"After the server's answer", []*rule{
		&clientCertificateRequired, &clientCertificateRejected, &certificateMismatch, &clientRejectedCertificate,
		&clientAlert, &clientAborted, &serverGone, &handshakeStalled, &serverResetMidway, &serverClosedMidway,
	}},
}

// renamings are the rules that replace a diagnosis once it is found: by what a RST looks like, by the contrast with
// other connections, or by an alert that means another thing where these do not contradict. The first that holds wins.
var renamings = [...]struct {
	rule *rule
	of   []Code
}{
	{&resetInjected, []Code{NoSNIReset, HelloReset, ResetBeforeHello, ClientLeftBeforeHello, ClientAborted}},
	{&proxyHeaderExpected, []Code{NoSNIReset, HelloReset}},
	{&proxyHeaderOwed, []Code{NoSNIReset, NoSNIClosed, HelloReset, HelloClosed}},
	{&splitHelloRejected, []Code{NoSNIReset, NoSNIAlert, NoSNIClosed, NoSNIUnanswered, HelloReset, HelloClosed, HelloUnanswered}},
	{&nameNotLacking, []Code{NoSNIAlert}},
	{&noSNIAnsweredLate, []Code{NoSNIUnanswered}},
	{&sniUnrecognizedByContrast, []Code{HelloReset, HelloClosed}},
	{&versionUnoffered, []Code{ClientAlert, ClientAborted, NoSNIClientRejected}},
	{&versionDisallowed, []Code{ClientAlert}},
	{&sniDenied, []Code{ServerAlert}},
	{&noSNIBrokeOff, []Code{ServerAlert}},
}

// Precedence returns the codes in the order in which they are considered, by the stage of the connection that
// they are about. IncompleteCapture is in none of the stages: it takes the place of whatever code the missing
// part could turn a verdict into.
func Precedence() []Group {
	groups := make([]Group, 0, len(order))
	for _, o := range order {
		g := Group{Title: o.title}
		for _, r := range o.rules {
			g.Codes = append(g.Codes, r.code)
		}
		groups = append(groups, g)
	}
	return groups
}

// Group is a stretch of a connection's life and the codes that are about it, in order of precedence.
type Group struct {
	Title string
	Codes []Code
}

// precedence are the rules of order, one step each.
var precedence []*rule

// What a rule leads to is listed when the program starts, since the functions that ask for it are led to by rules.
func init() {
	var also steps
	for _, o := range order {
		for _, r := range o.rules {
			if !saysHowOnly(r.code) {
				also |= 1 << len(precedence)
			}
			precedence = append(precedence, r)
			r.enter()
		}
	}
	for i, r := range precedence {
		r.also = also &^ (1<<(i+1) - 1)
		allow(i, r.needs)
	}
	for i := range renamings {
		renamings[i].rule.enter()
	}
	incompleteCapture.enter()
}

// enter looks up what the tables have on a rule.
func (r *rule) enter() {
	r.entry = slices.Index(codes[:], r.code)
	r.refuses = refusesHello(r.code)
	for i := range renamings {
		if n := &renamings[i]; slices.Contains(n.of, r.code) {
			r.renamed = append(r.renamed, n.rule)
		}
	}
}
