// SPDX-License-Identifier: Apache-2.0

// Command proxy is examples/proxy with its learned routes in Redis: started anew it knows every
// session that it knew, and several of them share what one has learned.
//
//	proxy -redis 127.0.0.1:6379 -config proxy.json
//
// The configuration and the other flags are those of examples/proxy, whose doc explains them.
// -redis is HOST:PORT or the path of a socket. -redis-password names a file with the password in
// its first line, or with USER:PASSWORD. -redis-prefix begins every key; proxies that share their
// routes have the same.
//
// While Redis is away, requests go on to NASes that they name, to the sole forwarding server and by
// realm; what only the table could place is refused with 506, which tells the sender to ask again.
// The log says so once, and again when Redis is back, which takes no restart.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/radius-dynauth/dynauth/examples/internal/proxy"
	"github.com/radius-dynauth/dynauth/examples/redisroutes"
	"github.com/redis/go-redis/v9"
)

func main() {
	os.Exit(proxy.Run(command.Context(), os.Args[1:], os.Stdout, os.Stderr, inRedis))
}

// inRedis is the Store of the proxy.
func inRedis(flags *flag.FlagSet) func() (route.Store, func() error, error) {
	addr := flags.String("redis", "", "keep learned routes in the Redis at `HOST:PORT`, or at the path of a socket")
	file := flags.String("redis-password", "", "whose password, or USER:PASSWORD, is the first line of `file`")
	prefix := flags.String("redis-prefix", "dynauth:", "begin every key with `text`")
	return func() (route.Store, func() error, error) {
		if *addr == "" {
			return nil, nil, errors.New("where is Redis? give -redis")
		}
		o := redisroutes.Options(*addr)
		if err := readPassword(o, *file); err != nil {
			return nil, nil, err
		}
		client := redis.NewClient(o)
		return redisroutes.New(client, *prefix), client.Close, nil
	}
}

func readPassword(o *redis.Options, file string) error {
	if file == "" {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	if !lines.Scan() {
		return fmt.Errorf("-redis-password %s: there is nothing in it", file)
	}
	user, password, both := strings.Cut(lines.Text(), ":")
	if !both {
		user, password = "", user
	}
	o.Username, o.Password = user, password
	return nil
}
