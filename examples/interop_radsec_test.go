// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A tlsLab is a folder with an authority, and certificates of it.
type tlsLab struct {
	ca     *radsectest.CA
	folder string
}

func newTLSLab(t *testing.T) *tlsLab {
	l := &tlsLab{radsectest.NewCA(), t.TempDir()}
	l.write(t, "ca.pem", l.ca.PEM())
	return l
}

func (l *tlsLab) write(t *testing.T, name string, b []byte) string {
	file := filepath.Join(l.folder, name)
	require.NoError(t, os.WriteFile(file, b, 0o600))
	return file
}

// issue writes NAME.pem and NAME.key of a certificate of names.
func (l *tlsLab) issue(t *testing.T, by *radsectest.CA, name string, names []string, change ...func(*x509.Certificate)) {
	cert, key := radsectest.PEM(by.Issue(names, change...))
	l.write(t, name+".pem", cert)
	l.write(t, name+".key", key)
}

func (l *tlsLab) file(name string) string { return filepath.Join(l.folder, name) }

// startNAS starts examples/nas over TLS alone.
func (l *tlsLab) startNAS(t *testing.T, args ...string) *nasProcess {
	l.issue(t, l.ca, "nas", []string{"nas.example.net"})
	return startProgram(t, "nas", append([]string{"-listen-tls", "127.0.0.1:0", "-cert", l.file("nas.pem"), "-key", l.file("nas.key"), "-ca", l.file("ca.pem"),
		"-n", "1000", "-nas-id", "bng-1", "-nas-ip", "192.0.2.1"}, args...)...)
}

const freeRADIUSOverTLS = `
prefix = /usr
libdir = /usr/lib/freeradius
logdir = %[1]s
run_dir = %[1]s
raddbdir = %[1]s
modules {
	always ok {
		rcode = ok
	}
}
client local {
	ipaddr = 127.0.0.1
	secret = %[2]q
}
home_server theirs {
	type = %[3]s
	ipaddr = 127.0.0.1
	port = %[4]s
	proto = tcp
	secret = radsec
	status_check = none
	tls {
		private_key_file = %[1]s/aaa.key
		certificate_file = %[1]s/aaa.pem
		ca_file = %[1]s/ca.pem
		tls_min_version = "1.2"
		tls_max_version = %[5]q
		fragment_size = 8192
	}
	%[6]s
}
home_server_pool theirs {
	type = fail-over
	home_server = theirs
}
proxy server {
}
%[7]s
`

const coaOverTLS = `
server coa {
	listen {
		type = coa
		ipaddr = 127.0.0.1
		port = %d
	}
	recv-coa {
		update control {
			&Home-Server-Pool := "theirs"
		}
	}
	send-coa {
		ok
	}
	pre-proxy {
		ok
	}
	post-proxy {
		ok
	}
}
`

// freeRADIUS runs FreeRADIUS with a home server over TLS at addr, of a type, and with a virtual
// server.
func (l *tlsLab) freeRADIUS(t *testing.T, kind, addr, version, reverse, server string) (stop func()) {
	l.issue(t, l.ca, "aaa", []string{"aaa.example.net"})
	config := fmt.Sprintf(freeRADIUSOverTLS, l.folder, interopSecret, kind, portOf(addr), version, reverse, server)
	l.write(t, "radiusd.conf", []byte(config))
	cmd := exec.Command("freeradius", "-f", "-X", "-l", "stdout", "-d", l.folder)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	stop = func() { cmd.Process.Kill(); cmd.Wait() }
	t.Cleanup(stop)
	awaitLine(t, out, "Ready to process requests")
	return stop
}

// FreeRADIUS asks the NAS over TLS for what radclient asks it: twenty at once, after three fresh
// starts, in both versions.
func TestInteropFreeRADIUSAsksTheNASOverTLS(t *testing.T) {
	for _, version := range []string{"1.2", "1.3"} {
		t.Run(version, func(t *testing.T) {
			l := newTLSLab(t)
			nas := l.startNAS(t, "-tls-version", version, "-tls-peer", "aaa.example.net")
			for start := range 3 {
				port := freePort(t)
				stop := l.freeRADIUS(t, "coa", nas.addr, version, "", fmt.Sprintf(coaOverTLS, port))
				var requests strings.Builder
				for i := range 20 {
					fmt.Fprintf(&requests, "Acct-Session-Id=%08x\n\n", 20*start+i)
				}
				file := l.write(t, "requests", []byte(requests.String()))
				out, status := output(t, "radclient", "-r", "1", "-t", "20", "-p", "20", "-f", file, fmt.Sprint("127.0.0.1:", port), "disconnect", interopSecret)
				assert.Zero(t, status, out)
				assert.Equal(t, 20, strings.Count(out, "Received Disconnect-ACK"), "the first one after a start included: %s", out)
				stop()
			}
			nas.stop(t)
			assert.Equal(t, counted{"Requests": 60, "ACKs": 60, "Sessions": 60}, nas.disconnect(t))
		})
	}
}

// The first packet of a connection may be a long one, either way: TLS records begin small in many
// implementations, and FreeRADIUS loses a packet that is split. The NAS gives the Proxy-States
// back.
func TestInteropFreeRADIUSSendsALongPacketFirst(t *testing.T) {
	for _, version := range []string{"1.2", "1.3"} {
		l := newTLSLab(t)
		nas := l.startNAS(t, "-tls-version", version, "-tls-peer", "aaa.example.net")
		for i, states := range []int{5, 15} { // of 252 octets each
			port := freePort(t)
			stop := l.freeRADIUS(t, "coa", nas.addr, version, "", fmt.Sprintf(coaOverTLS, port))
			long := fmt.Sprintf("Acct-Session-Id=%08x", i) + strings.Repeat(",Proxy-State=0x"+strings.Repeat("ab", 250), states)
			answer := radclient(t, fmt.Sprint("127.0.0.1:", port), "disconnect", interopSecret, long)
			assert.Contains(t, answer, "Received Disconnect-ACK", "%s, %d octets", version, states*252)
			assert.Equal(t, 2*states, strings.Count(answer, "Proxy-State = 0xabab"), "in what radclient sent, and in the answer")
			stop()
		}
		nas.stop(t)
		assert.Equal(t, counted{"Requests": 2, "ACKs": 2, "Sessions": 2}, nas.disconnect(t))
	}
}

// socat makes of radclient a client over TLS.
func TestInteropRadclientOverTLS(t *testing.T) {
	for _, version := range []string{"1.2", "1.3"} {
		l := newTLSLab(t)
		l.issue(t, l.ca, "aaa", []string{"aaa.example.net"})
		nas := l.startNAS(t, "-tls-version", version)
		port := freePort(t)
		socat := exec.Command("socat", fmt.Sprintf("UDP4-LISTEN:%d,bind=127.0.0.1,fork,reuseaddr", port),
			fmt.Sprintf("OPENSSL:%s,cert=%s,key=%s,cafile=%s,commonname=nas.example.net", nas.addr, l.file("aaa.pem"), l.file("aaa.key"), l.file("ca.pem")))
		require.NoError(t, socat.Start())
		t.Cleanup(func() { socat.Process.Kill(); socat.Wait() })
		addr := fmt.Sprint("127.0.0.1:", port)
		require.Eventually(t, func() bool { // until socat listens
			out, _ := output(t, "sh", "-c", fmt.Sprintf("echo 'Message-Authenticator=0x00' | radclient -r 1 -t 1 %s status radsec", addr))
			return strings.Contains(out, "Received Access-Accept")
		}, peerTime, 10*time.Millisecond)
		for request, answer := range map[string]string{
			"disconnect Acct-Session-Id=00000001,Event-Timestamp=" + now():                              "Received Disconnect-ACK",
			`coa Acct-Session-Id=00000002,Filter-Id="gold",Message-Authenticator=0x00,Proxy-State=0x01`: "Received CoA-ACK",
			"disconnect User-Name=nobody": "Error-Cause = Session-Context-Not-Found",
		} {
			kind, attributes, _ := strings.Cut(request, " ")
			assert.Contains(t, radclient(t, addr, kind, "radsec", attributes), answer)
		}
		nas.stop(t)
		assert.Equal(t, counted{"Requests": 2, "ACKs": 1, "NAKs": 1, "NoContextNAKs": 1, "Sessions": 1}, nas.disconnect(t))
	}
}

// What OpenSSL shows for a certificate decides; the next good one connects all the same.
func TestInteropOpenSSLIsLetInOrRefused(t *testing.T) {
	l, elsewhere := newTLSLab(t), radsectest.NewCA()
	aaa := []string{"aaa.example.net"}
	l.issue(t, l.ca, "good", aaa)
	l.issue(t, elsewhere, "wrong-ca", aaa)
	l.issue(t, l.ca, "expired", aaa, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	l.issue(t, l.ca, "purpose", aaa, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning} })
	l.issue(t, l.ca, "unknown", []string{"www.example.com"})
	l.issue(t, l.ca, "realm", []string{"@example.org"}) // a critical subjectAltName with nothing else
	nas := l.startNAS(t, "-tls-peer", "aaa.example.net", "-tls-peer", "@example.org")
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		for _, c := range []struct {
			cert, alpn, says string
		}{
			{"good", "radius/1.0", "ALPN protocol: radius/1.0"},
			{"realm", "radius/1.1,radius/1.0", map[string]string{"-tls1_2": "ALPN protocol: radius/1.0", "-tls1_3": "ALPN protocol: radius/1.1"}[version]},
			{"good", "", "No ALPN negotiated"},
			{"good", "h2", "SSL alert number 120"},
			{"", "radius/1.0", map[string]string{"-tls1_2": "SSL alert number 40", "-tls1_3": "SSL alert number 116"}[version]},
			{"wrong-ca", "", "SSL alert number 42"},
			{"expired", "", "SSL alert number 42"},
			{"purpose", "", "SSL alert number 42"},
			{"unknown", "", "SSL alert number 42"},
		} {
			args := []string{"s_client", "-connect", nas.addr, "-CAfile", l.file("ca.pem"), "-verify_return_error", version, "-ign_eof"}
			if c.cert != "" {
				args = append(args, "-cert", l.file(c.cert+".pem"), "-key", l.file(c.cert+".key"))
			}
			if c.alpn != "" {
				args = append(args, "-alpn", c.alpn)
			}
			assert.Regexp(t, regexp.QuoteMeta(c.says), openssl(t, c.says, args...), "%s %s %s", version, c.cert, c.alpn)
		}
	}
	plain, err := net.Dial("tcp", nas.addr)
	require.NoError(t, err)
	defer plain.Close()
	plain.Write(disconnectRequest("00000001").signed("radsec"))
	plain.SetReadDeadline(time.Now().Add(peerTime))
	b := make([]byte, 4096)
	n, _ := plain.Read(b)
	assert.NotEqual(t, byte(41), b[:n+1][0], "no answer to plain text")
}

// openssl runs until it has said what is waited for, or ends.
func openssl(t *testing.T, until string, args ...string) string {
	ctx, cancel := context.WithTimeout(t.Context(), peerTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "openssl", args...)
	stdin, err := cmd.StdinPipe() // open, so that it does not leave by itself
	require.NoError(t, err)
	defer stdin.Close()
	out := &watched{until: until, found: cancel}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Run()
	return out.text.String()
}

// watched calls found once it has until.
type watched struct {
	text  bytes.Buffer
	until string
	found func()
}

func (w *watched) Write(b []byte) (int, error) {
	n, err := w.text.Write(b)
	if strings.Contains(w.text.String(), w.until) {
		w.found()
	}
	return n, err
}

const nasOverTLS = `
realm theirs {
	auth_pool = theirs
	nostrip
}
server nas {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = %d
	}
	authorize {
		update control {
			&Proxy-To-Realm := "theirs"
		}
	}
	pre-proxy {
		ok
	}
	post-proxy {
		ok
	}
}
server reverse {
	recv-coa {
		ok
	}
	send-coa {
		ok
	}
}
`

// FreeRADIUS as a NAS connects to our hub with an Access-Request of radclient, and is asked down
// that connection, ten at once.
func TestInteropFreeRADIUSIsANASAtTheHub(t *testing.T) {
	for _, version := range []string{"1.2", "1.3"} {
		t.Run(version, func(t *testing.T) {
			l := newTLSLab(t)
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			hub := &radsec.Server{
				Config: radsec.TLS(l.ca.Config("hub.example.net")), Peers: dac.CertPeers{"aaa.example.net": {ReverseCoA: true}},
				Handler: radius.HandlerFunc(func(w radius.ResponseWriter, r *radius.Request) { w.Write(r.Response(radius.CodeAccessAccept)) }),
			}
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- hub.Serve(ctx, ln) }()
			t.Cleanup(func() { cancel(); <-done })
			port := freePort(t)
			l.freeRADIUS(t, "auth+coa", ln.Addr().String(), version, "recv_coa {\n\t\tvirtual_server = reverse\n\t}", fmt.Sprintf(nasOverTLS, port))
			answer := radclient(t, fmt.Sprint("127.0.0.1:", port), "auth", interopSecret, "User-Name=bob,User-Password=bob")
			require.Contains(t, answer, "Received Access-Accept")

			c := &dac.Client{Peers: hub}
			defer c.Close()
			errs := make(chan error)
			for i := range 10 {
				go func() {
					_, err := c.Disconnect(ctx, hub.NAS("aaa.example.net"), attrs.UserName.Of(fmt.Sprint("user", i)))
					errs <- err
				}()
			}
			for range 10 {
				assert.NoError(t, <-errs)
			}
		})
	}
}
