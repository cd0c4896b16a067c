// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/dictionary"
	_ "github.com/radius-dynauth/dynauth/attrs/vendors" // for their names
)

// Options are what the command line asks for.
type options struct {
	target     // of every packet that does not say its own; without a NAS where all do
	vocabulary vocabulary
	network    string   // "ip", "ip4" or "ip6": of host names
	standard   *nas     // where packets go that none of -nases names
	nases      nasTable // of -nases

	wait     time.Duration // before the first retransmission
	tries    int           // transmissions of a request at most
	parallel int           // requests in flight
	count    int           // times that each packet is sent

	file     string // of packets; "-" is standard input, "" none
	implicit bool   // standard input, since nothing else says what to send
	results  string
	csv      string
	pcap     string
	json     bool
	packets  bool
	heads    bool // a line for each packet, as radclient prints it without -x
	summary  bool
	verbose  bool
	quiet    bool
	dryRun   bool

	skipInvalid   bool
	resendChanges bool
	goneOK        bool

	seed  uint32       // fingerprint of what the command line adds to a packet
	attrs []attrs.Attr // from the command line: the one packet, or what goes into every packet of the file
}

const usage = `usage: dacctl disconnect|coa -nas HOST[:PORT] (-secret S | -S FILE | -tls -cert FILE -key FILE -ca FILE) [flags] [Attribute=value ...]
       dacctl HOST[:PORT] disconnect|coa|40|43|auto SECRET [flags] [Attribute=value ...]
       dacctl disconnect|coa|auto -nases FILE -f FILE [flags] [Attribute=value ...]
       dacctl actions|profiles [-profile NAME] [-profiles FILE] [-json]
Without attributes, -f and -action the packets come from standard input, as for radclient.
`

var errNoKind = errors.New("disconnect or coa? Packet-Type says it for a packet, where the command line says auto")

// flags are the flags of the command line, gathered before they are made into options.
type commandLine struct {
	nas, nases, source string
	secrets            secretFlags
	tls                tlsFlags
	how                profileFlags
	rate               float64
	stale              bool
	version            bool
	ipv4, ipv6         bool
	dictionaries       []string // files, or folders with one named dictionary
	words              []string
}

func (c *commandLine) register(o *options) *flag.FlagSet {
	flags := flag.NewFlagSet("dacctl", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.nas, "nas", "", "send to `HOST[:PORT]`; the port is that of -profile, else 3799")
	flags.StringVar(&c.nases, "nases", "", "send to the NASes of `FILE`, a table with the columns "+strings.Join(nasColumns, ", ")+"; a packet names its own by NAS, Packet-Dst-IP-Address, NAS-IP-Address or NAS-Identifier")
	flags.StringVar(&c.source, "source", "", "send from the address `ADDR`")
	c.how.register(flags)
	flags.Func("action", "do `NAME` [ARG]; dacctl actions lists what there is. Its arguments follow it", func(name string) error {
		if c.how.action != "" {
			return errors.New("one action a request")
		}
		c.how.action, c.how.at = name, len(c.words)
		return nil
	})
	flags.BoolVar(&c.ipv4, "4", false, "of a host name take an IPv4 address")
	flags.BoolVar(&c.ipv6, "6", false, "of a host name take an IPv6 address")
	flags.StringVar(&c.secrets.secret, "secret", "", "shared `secret`; other users of this machine can see it here, so see -S")
	flags.StringVar(&c.secrets.file, "S", "", "read the shared secret from the first line of `file`")
	flags.StringVar(&c.secrets.env, "secret-env", "", "take the shared secret from the environment variable `NAME`")
	c.tls.register(flags)
	flags.Var((*seconds)(&o.wait), "t", "`time` until the first retransmission, in seconds or as 500ms; it doubles from there")
	flags.IntVar(&o.tries, "r", 5, "transmissions of a request at most")
	flags.IntVar(&o.parallel, "p", 256, "requests in flight at most")
	flags.IntVar(&o.count, "c", 1, "send each packet so many times")
	flags.Float64Var(&c.rate, "n", 0, "requests a second to one NAS; 0 is as fast as answers come")
	flags.StringVar(&o.file, "f", "", "send the packets of `file`, - for standard input, a table where its name ends with .csv; attributes of the command line go into each")
	flags.BoolVar(&o.skipInvalid, "skip-invalid", false, "send the packets of a file that are right although others are not")
	flags.StringVar(&o.results, "results", "", "append an object for each outcome to `file`; a rerun skips what it says was answered for good")
	flags.BoolVar(&o.resendChanges, "resend-changes", false, "send a CoA-Request again that an earlier run may have got through without an answer")
	flags.StringVar(&o.csv, "csv", "", "write a table to `file` that says of each packet what became of it")
	flags.StringVar(&o.pcap, "pcap", "", "write the packets to `file`, for Wireshark")
	flags.BoolVar(&o.json, "json", false, "print an object for each outcome, and the verdict on standard error")
	flags.BoolVar(&o.packets, "x", false, "print the packets")
	flags.BoolVar(&o.summary, "s", false, "print a summary by NAS and answer")
	flags.BoolVar(&o.verbose, "v", false, "tell of every packet of a file that was refused or not answered, and not of the first ten alone")
	flags.BoolVar(&o.quiet, "q", false, "print nothing but mistakes; the exit status says the verdict")
	flags.BoolVar(&o.dryRun, "dry-run", false, "print each packet and where it would go, and send nothing")
	flags.BoolVar(&o.goneOK, "gone-ok", false, "take Error-Cause 503 to a Disconnect-Request for success: there is no such session any more")
	flags.BoolVar(&c.stale, "accept-stale-answers", false, "take answers without a look at their Event-Timestamp, from a NAS with a wrong clock")
	flags.BoolVar(&o.vocabulary.short, "short-prefixes", false, "send IPv6 prefixes without the octets that are zero")
	peer := &o.standard.peer
	flags.BoolVar(&peer.OmitMessageAuthenticator, "no-message-authenticator", false, "send without Message-Authenticator, for a NAS that drops it")
	flags.BoolVar(&peer.OmitEventTimestamp, "no-event-timestamp", false, "send without Event-Timestamp, for a NAS without a clock")
	flags.BoolVar(&peer.RequireMessageAuthenticator, "require-message-authenticator", false, "discard answers without Message-Authenticator")
	flags.BoolVar(&peer.HideUserPassword, "user-password", false, "send a User-Password, hidden as radclient does; who knows one password of up to 16 octets can read all others of the secret")
	dictionaries := func(name string) error {
		c.dictionaries = append(c.dictionaries, name)
		return nil
	}
	flags.Func("D", "know the attributes of a FreeRADIUS dictionary: of `FILE`, or of the file dictionary in a folder", dictionaries)
	flags.Func("d", "as -D", dictionaries)
	flags.BoolVar(&c.version, "version", false, "print the version")
	return flags
}

// parseOptions reads the command line; hasInput says that standard input may have packets. Help and
// version stand on stdout and are flag.ErrHelp; a mistake has been told on stderr.
func parseOptions(ctx context.Context, args []string, hasInput bool, stdout, stderr io.Writer) (*options, error) {
	o := &options{wait: 2 * time.Second, standard: new(nas)}
	var c commandLine
	flags := c.register(o)
	err := parseMixed(flags, args, &c.words)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return nil, err
	case err == nil && c.version:
		fmt.Fprintln(stdout, version())
		return nil, flag.ErrHelp
	case err == nil:
		err = o.set(ctx, &c, hasInput)
	}
	if err != nil {
		fmt.Fprintf(stderr, "dacctl: %s\ndacctl: -h shows how it is used\n", strings.ReplaceAll(err.Error(), "\n", "\ndacctl: "))
		return nil, err
	}
	return o, nil
}

// set makes options of the command line.
func (o *options) set(ctx context.Context, c *commandLine, hasInput bool) error {
	all := c.words
	err := loadDictionaries(c.dictionaries)
	if err != nil {
		return err
	}
	if o.standard.way, c.words, err = c.how.way(c.words); err != nil {
		return err
	}
	o.vocabulary.passwords = o.standard.peer.HideUserPassword
	if err = o.setWords(c); err != nil {
		return err
	}
	peer := &o.standard.peer
	if peer.Secret, err = c.secrets.read(); err != nil {
		return err
	}
	if err = o.checkFiles(c); err != nil {
		return err
	}
	if *peer, err = c.tls.peer(*peer, c.nas); err != nil {
		return err
	}
	o.standard.way.overTLS = c.tls.on
	peer.IgnoreEventTimestamp = c.stale
	switch o.network = "ip"; {
	case c.ipv4 && c.ipv6:
		return errors.New("-4 and -6 exclude each other")
	case c.ipv4:
		o.network = "ip4"
	case c.ipv6:
		o.network = "ip6"
	}
	o.standard.limit.Rate = c.rate
	if c.nas != "" {
		if o.nas, err = resolve(ctx, o.network, c.nas, 0); err != nil {
			return err
		}
	}
	if c.source != "" {
		if o.source, err = addrOf(c.source); err != nil {
			return fmt.Errorf("-source: %w", err)
		}
	}
	o.implicit = o.file == "" && len(o.attrs) == 0 && c.how.action == "" && hasInput
	if o.implicit {
		o.file = "-"
	}
	if err = o.check(c); err != nil {
		return err
	}
	if *peer, err = o.standard.way.peer(*peer); err != nil {
		return err
	}
	o.standard.addr = o.nas
	if c.nases != "" {
		reader := nasReader{otherwise: o.standard, how: &c.how, words: all, network: o.network}
		if o.nases, err = reader.readNASes(ctx, c.nases); err != nil {
			return err
		}
	}
	o.seed = crc32.ChecksumIEEE(fmt.Append(nil, o.kind, o.nas, o.attrs, c.how.name, o.standard.way.made))
	return nil
}

// parseMixed reads flags wherever they stand, between the words too. What comes in a flag's turn
// finds in words what stands before it.
func parseMixed(flags *flag.FlagSet, args []string, words *[]string) error {
	for {
		if err := flags.Parse(args); err != nil {
			rest := flags.Args()
			apart, why := letters(args[max(0, len(args)-len(rest)-1)])
			if errors.Is(err, flag.ErrHelp) || why == nil && apart == nil {
				return err
			}
			if why != nil {
				return why
			}
			args = append(apart, rest...)
			continue
		}
		if flags.NArg() == 0 {
			return nil
		}
		*words = append(*words, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

// letters are the flags of a word that is none, which radclient takes apart: -t1, -xs, -xr3.
func letters(word string) (apart []string, err error) {
	word, ok := strings.CutPrefix(word, "-")
	if !ok || word == "" {
		return nil, nil
	}
	switch word {
	case "F":
		return nil, errors.New("-F is radclient's: -json and -csv FILE say which packet of which line got which answer")
	case "P":
		return nil, errors.New("-P is radclient's: without -tls packets go over UDP, with it over TLS")
	case "i":
		return nil, errors.New("-i is radclient's: identifiers are chosen here")
	}
	for i, c := range word {
		value := word[i+1:]
		switch {
		case strings.ContainsRune("46qsvx", c):
		case strings.ContainsRune("rtpnc", c) && value != "" && strings.Trim(value, "0123456789.") == "":
			return append(apart, "-"+string(c), value), nil
		case strings.ContainsRune("rtpncfSdD", c) && value == "" && i > 0:
		default:
			return nil, nil
		}
		apart = append(apart, "-"+string(c))
	}
	if len(apart) < 2 {
		return nil, nil
	}
	return apart, nil
}

// isRequest tells the word for a request; auto leaves it to the packets.
func isRequest(word string) bool {
	_, known := kinds[strings.ToLower(word)]
	return known || word == "auto"
}

// setWords takes the request, and in radclient's order the NAS before it and the secret behind it,
// then attributes.
func (o *options) setWords(c *commandLine) error {
	words := c.words
	if len(words) == 0 {
		return errors.New("which request? disconnect or coa")
	}
	if !isRequest(words[0]) {
		if len(words) < 2 || !isRequest(words[1]) {
			return otherRequest(words)
		}
		if c.nas != "" {
			return fmt.Errorf("the NAS is given twice: %s and -nas %s", words[0], c.nas)
		}
		c.nas = words[0]
		words, o.heads = words[1:], true
		if c.secrets == (secretFlags{}) && !c.tls.on && len(words) > 1 && !o.isAttribute(words[1]) {
			c.secrets.secret = words[1]
			words = slices.Delete(slices.Clone(words), 1, 2)
		}
	}
	o.kind = kinds[strings.ToLower(words[0])]
	for _, word := range words[1:] {
		a, err := o.argument(&o.vocabulary, word)
		if err != nil {
			return err
		}
		o.attrs = append(o.attrs, a)
	}
	return nil
}

// isAttribute tells an attribute from a secret, which may have = in it too.
func (o *options) isAttribute(word string) bool {
	var scratch target
	_, err := scratch.argument(&o.vocabulary, word)
	return err == nil
}

func otherRequest(words []string) error {
	word := words[0]
	if len(words) > 1 {
		switch words[1] {
		case "auth", "acct", "status", "challenge":
			return fmt.Errorf("dacctl sends disconnect and coa; %s is for radclient", words[1])
		}
	}
	return fmt.Errorf("which request? disconnect or coa, not %q", word)
}

func (o *options) check(c *commandLine) error {
	way := o.standard.way
	switch {
	case o.standard.peer.Secret == "" && !c.tls.on && c.nases == "":
		return errors.New("no shared secret: give -secret or -S, or -tls with its certificates")
	case o.file == "" && !o.nas.IsValid() && c.nases == "":
		return errors.New("no NAS: give -nas")
	case o.file == "" && len(o.attrs) == 0:
		return errors.New("nothing to send: give attributes, or a file with -f")
	case o.file == "" && (o.results != "" || o.csv != ""):
		return errors.New("-results goes with -f, and so does -csv")
	case o.file == "" && o.kind == 0:
		return errNoKind
	case o.file == "" && way.check(o.disconnect()) != nil:
		return way.check(o.disconnect())
	case o.count != 1 && o.results != "":
		return errors.New("-c and -results exclude each other: a rerun could not tell what was answered")
	case o.wait <= 0, o.tries <= 0, o.parallel <= 0, o.count <= 0, !(c.rate >= 0):
		return errors.New("-t, -r, -p and -c are above 0, and -n is not below it")
	}
	return nil
}

// checkFiles finds files that would be written over what is read, or over one another.
func (o *options) checkFiles(c *commandLine) error {
	type use struct {
		flag, name string
		st         os.FileInfo
	}
	uses := []use{{flag: "-f", name: o.file}, {flag: "-nases", name: c.nases}, {flag: "-S", name: c.secrets.file},
		{flag: "-cert", name: c.tls.certs.Cert}, {flag: "-key", name: c.tls.certs.Key}, {flag: "-ca", name: c.tls.certs.CA}}
	for _, name := range c.dictionaries {
		uses = append(uses, use{flag: "-D", name: name})
	}
	read := len(uses) // of them are read, the others written
	uses = append(uses, use{flag: "-results", name: o.results}, use{flag: "-csv", name: o.csv},
		use{flag: "-pcap", name: o.pcap}, use{flag: "-keylog", name: c.tls.certs.KeyLog})
	for i := range uses {
		one := &uses[i]
		if one.name == "" || one.flag == "-f" && one.name == "-" {
			one.name = ""
			continue
		}
		if st, err := os.Stat(one.name); err == nil {
			if one.st = st; one.flag == "-results" && !st.Mode().IsRegular() {
				return fmt.Errorf("-results %s is no file that a rerun could read", one.name)
			}
		}
		for _, other := range uses[:i] {
			same := other.name != "" && filepath.Clean(other.name) == filepath.Clean(one.name) || one.st != nil && other.st != nil && os.SameFile(one.st, other.st)
			if i >= read && same && (one.st == nil || one.st.Mode().IsRegular()) {
				return fmt.Errorf("%s and %s are one file, %s, which would be written over", other.flag, one.flag, one.name)
			}
		}
	}
	return nil
}

// needsFingerprint reports whether packets are told apart by their text.
func (o *options) needsFingerprint() bool { return o.json || o.results != "" }

// version is that of the module, as the build knows it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return "dacctl " + info.Main.Version
	}
	return "dacctl (devel)"
}

// resolve finds the address of a NAS given as an address or a name, with or without a port: without
// one it is port. Of several addresses it takes the resolver's first.
func resolve(ctx context.Context, network, nas string, port uint64) (netip.AddrPort, error) {
	bare := nas
	if strings.HasPrefix(nas, "[") && strings.HasSuffix(nas, "]") {
		bare = nas[1 : len(nas)-1]
	}
	if addr, err := netip.ParseAddr(bare); err == nil {
		return netip.AddrPortFrom(addr.Unmap(), uint16(port)), nil
	}
	if addr, err := netip.ParseAddrPort(nas); err == nil && addr.Port() != 0 {
		return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), nil
	}
	host := nas
	if h, service, err := net.SplitHostPort(nas); err == nil {
		host = h
		if port, err = strconv.ParseUint(service, 10, 16); err != nil || port == 0 {
			return netip.AddrPort{}, fmt.Errorf("NAS %q: the port is 1 to 65535", nas)
		}
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, network, host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("NAS %q: %w", nas, err)
	}
	return netip.AddrPortFrom(addrs[0].Unmap(), uint16(port)), nil
}

// Seconds is a time on the command line: a number of seconds, as radclient takes it, or a Go
// duration.
type seconds time.Duration

// String is the duration as Go prints it.
func (s *seconds) String() string { return time.Duration(*s).String() }

// Set reads a number of seconds or a Go duration.
func (s *seconds) Set(text string) error {
	if n, err := strconv.ParseFloat(text, 64); err == nil && n >= 0 && n < 1e6 {
		*s = seconds(n * float64(time.Second))
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return errors.New("neither a number of seconds nor a duration")
	}
	*s = seconds(d)
	return nil
}

// loadDictionaries makes the attributes of FreeRADIUS dictionaries known.
func loadDictionaries(names []string) error {
	for _, name := range names {
		if st, err := os.Stat(name); err == nil && st.IsDir() {
			name = filepath.Join(name, "dictionary")
		}
		read, err := dictionary.LoadFile(name)
		if err != nil {
			return err
		}
		for one := range read.Skipped() {
			passedOver.Store(strings.ToLower(one.Name), one.Why)
		}
	}
	return nil
}
