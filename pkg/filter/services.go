package filter

// service is what a port name stands for.
type service struct {
	port  uint32
	proto uint32 // IP protocol that the name is registered for; anyProto when for several
}

// anyProto stands for each of the protocols that have ports.
const anyProto = ^uint32(0)

// services are the port names that matter around TLS, with their aliases. As in
// libpcap a name registered for one transport only restricts the filter to it.
// Ports and transports are those of Debian's /etc/services.
var services = map[string]service{
	"ftp-data":    {20, protoTCP},
	"ftp":         {21, protoTCP},
	"ssh":         {22, protoTCP},
	"telnet":      {23, protoTCP},
	"smtp":        {25, protoTCP},
	"mail":        {25, protoTCP},
	"domain":      {53, anyProto},
	"bootps":      {67, protoUDP},
	"bootpc":      {68, protoUDP},
	"tftp":        {69, protoUDP},
	"http":        {80, protoTCP},
	"www":         {80, protoTCP},
	"kerberos":    {88, anyProto},
	"pop3":        {110, protoTCP},
	"pop-3":       {110, protoTCP},
	"nntp":        {119, protoTCP},
	"ntp":         {123, protoUDP},
	"imap2":       {143, protoTCP},
	"imap":        {143, protoTCP},
	"snmp":        {161, anyProto},
	"bgp":         {179, protoTCP},
	"ldap":        {389, anyProto},
	"https":       {443, anyProto},
	"submissions": {465, protoTCP},
	"ssmtp":       {465, protoTCP},
	"smtps":       {465, protoTCP},
	"urd":         {465, protoTCP},
	"isakmp":      {500, protoUDP},
	"nntps":       {563, protoTCP},
	"snntp":       {563, protoTCP},
	"submission":  {587, protoTCP},
	"ipp":         {631, protoTCP},
	"ldaps":       {636, anyProto},
	"domain-s":    {853, anyProto},
	"ftps-data":   {989, protoTCP},
	"ftps":        {990, protoTCP},
	"telnets":     {992, protoTCP},
	"imaps":       {993, protoTCP},
	"pop3s":       {995, protoTCP},
	"socks":       {1080, protoTCP},
	"openvpn":     {1194, anyProto},
	"radius":      {1812, anyProto},
	"nfs":         {2049, anyProto},
	"mysql":       {3306, protoTCP},
	"postgresql":  {5432, protoTCP},
	"postgres":    {5432, protoTCP},
	"xmpp-client": {5222, protoTCP},
	"xmpp-server": {5269, protoTCP},
	"sip":         {5060, anyProto},
	"sip-tls":     {5061, anyProto},
	"amqps":       {5671, protoTCP},
	"amqp":        {5672, protoTCP},
	"syslog-tls":  {6514, protoTCP},
	"http-alt":    {8080, protoTCP},
	"webcache":    {8080, protoTCP},
}
