// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3576"
)

type oldAttribute struct {
	typ    radius.Type
	encode func(value string) (radius.Attribute, error)
}

var oldAttributes = map[string]oldAttribute{
	"User-Name":          {rfc2865.UserName_Type, radius.NewString},
	"NAS-IP-Address":     {rfc2865.NASIPAddress_Type, encodeAddr},
	"NAS-Identifier":     {rfc2865.NASIdentifier_Type, radius.NewString},
	"NAS-Port":           {rfc2865.NASPort_Type, encodeInteger},
	"NAS-Port-Id":        {rfc2869.NASPortID_Type, radius.NewString},
	"Framed-IP-Address":  {rfc2865.FramedIPAddress_Type, encodeAddr},
	"Calling-Station-Id": {rfc2865.CallingStationID_Type, radius.NewString},
	"Called-Station-Id":  {rfc2865.CalledStationID_Type, radius.NewString},
	"Acct-Session-Id":    {rfc2866.AcctSessionID_Type, radius.NewString},
	"Filter-Id":          {rfc2865.FilterID_Type, radius.NewString},
	"Session-Timeout":    {rfc2865.SessionTimeout_Type, encodeInteger},
	"Idle-Timeout":       {rfc2865.IdleTimeout_Type, encodeInteger},
	"Class":              {rfc2865.Class_Type, encodeOctets},
}

func encodeAddr(value string) (radius.Attribute, error) {
	ip := net.ParseIP(value)
	if ip == nil {
		return nil, fmt.Errorf("%q is no address", value)
	}
	return radius.NewIPAddr(ip)
}

func encodeInteger(value string) (radius.Attribute, error) {
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("%q is no number", value)
	}
	return radius.NewInteger(uint32(n)), nil
}

func encodeOctets(value string) (radius.Attribute, error) {
	text, ok := strings.CutPrefix(value, "0x")
	if !ok {
		return radius.NewString(value)
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%q is not hexadecimal", value)
	}
	return radius.NewBytes(b)
}

func parseAttributes(p *radius.Packet, args []string) error {
	for _, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		if !found {
			return fmt.Errorf("%q is not Attribute=value", arg)
		}
		a, ok := oldAttributes[strings.TrimSpace(name)]
		if !ok {
			return fmt.Errorf("no attribute %q", name)
		}
		encoded, err := a.encode(strings.Trim(strings.TrimSpace(value), `"`))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		p.Add(a.typ, encoded)
	}
	return nil
}

type oldFlags struct {
	nas     string
	secret  string
	timeout time.Duration
	retries int
}

func runOld(args []string, out, stderr io.Writer) int {
	log := zerologger{stderr}
	var f oldFlags
	flags := flag.NewFlagSet("coactl", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&f.nas, "nas", "", "address of the NAS")
	flags.StringVar(&f.secret, "secret", "", "shared secret")
	flags.DurationVar(&f.timeout, "timeout", 2*time.Second, "time for one try")
	flags.IntVar(&f.retries, "retries", 3, "tries")
	if len(args) == 0 {
		log.log("error", "disconnect or coa is required", nil)
		return 3
	}
	if err := flags.Parse(args[1:]); err != nil {
		return 3
	}
	code := radius.CodeDisconnectRequest
	switch args[0] {
	case "disconnect":
	case "coa":
		code = radius.CodeCoARequest
	default:
		log.log("error", "unknown command", map[string]any{"command": args[0]})
		return 3
	}
	if f.nas == "" || f.secret == "" {
		log.log("error", "-nas and -secret are required", nil)
		return 3
	}
	if _, _, err := net.SplitHostPort(f.nas); err != nil {
		f.nas = net.JoinHostPort(f.nas, "3799")
	}
	p := radius.New(code, []byte(f.secret))
	if err := parseAttributes(p, flags.Args()); err != nil {
		log.log("error", "cannot read the attributes", map[string]any{"error": err.Error()})
		return 3
	}
	if err := rfc2869.EventTimestamp_Set(p, time.Now()); err != nil {
		log.log("error", "cannot stamp", map[string]any{"error": err.Error()})
		return 3
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.timeout*time.Duration(f.retries))
	defer cancel()
	client := radius.Client{Retry: f.timeout, MaxPacketErrors: 10}
	began := time.Now()
	answer, err := client.Exchange(ctx, p, f.nas)
	if errors.Is(err, syscall.ECONNREFUSED) {
		log.log("error", "nothing listens there", map[string]any{"nas": f.nas})
		fmt.Fprintln(out, "no answer")
		return 2
	}
	if err != nil {
		log.log("error", "no answer", map[string]any{"nas": f.nas, "error": err.Error(), "waited": time.Since(began).String()})
		fmt.Fprintln(out, "no answer")
		return 2
	}
	log.log("debug", "answered", map[string]any{"nas": f.nas, "code": answer.Code.String(), "waited": time.Since(began).String()})
	switch answer.Code {
	case radius.CodeDisconnectACK, radius.CodeCoAACK:
		fmt.Fprintln(out, "ACK")
		return 0
	case radius.CodeDisconnectNAK, radius.CodeCoANAK:
		if cause, err := rfc3576.ErrorCause_Lookup(answer); err == nil {
			fmt.Fprintf(out, "NAK %d %v\n", uint32(cause), cause)
			return 1
		}
		fmt.Fprintln(out, "NAK")
		return 1
	}
	log.log("error", "unexpected answer", map[string]any{"code": answer.Code.String()})
	return 2
}
