// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
)

func runNew(args []string, out, stderr io.Writer) int {
	log := slog.New(asZerolog(stderr))
	client := &dac.Client{FailFast: true, Logger: log}
	flags := flag.NewFlagSet("coactl", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var nas netip.AddrPort
	flags.TextVar(&nas, "nas", nas, "address of the NAS, with the port")
	secret := flags.String("secret", "", "shared secret")
	timeout := flags.Duration("timeout", 2*time.Second, "time for one try")
	retries := flags.Int("retries", 3, "tries")
	ask := map[string]func(context.Context, netip.AddrPort, ...attrs.Attr) (*dac.Response, error){
		"disconnect": client.Disconnect, "coa": client.CoA,
	}[strings.Join(args[:min(len(args), 1)], "")]
	if ask == nil {
		log.Error("disconnect or coa is required")
		return 3
	}
	if err := flags.Parse(args[1:]); err != nil {
		return 3
	}
	list, err := attrs.ParseList(strings.Join(flags.Args(), ","))
	if err != nil || !nas.IsValid() || *secret == "" {
		log.Error("-nas, -secret and attributes are required", "err", err)
		return 3
	}
	client.Peers, client.Retry = dac.SharedSecret(*secret), dac.Every(*timeout, *retries)
	defer client.Close()
	_, err = ask(context.Background(), nas, list...)
	var nak *dac.NAKError
	switch {
	case err == nil:
		fmt.Fprintln(out, "ACK")
		return 0
	case errors.As(err, &nak) && nak.Cause != 0:
		fmt.Fprintf(out, "NAK %d %s\n", uint32(nak.Cause), nak.Cause.String())
		return 1
	case nak != nil:
		fmt.Fprintln(out, "NAK")
		return 1
	}
	log.Error("no answer", "err", err)
	fmt.Fprintln(out, "no answer")
	return 2
}
