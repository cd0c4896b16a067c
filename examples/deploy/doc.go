// SPDX-License-Identifier: Apache-2.0

// Package deploy has what examples/proxy and examples/aaa need to run as daemons: systemd units, a
// Dockerfile, and whole configurations. Its test runs both as processes under load while SIGHUP has
// them read other secrets, certificates and targets: 200 times, or as often as DYNAUTH_HANGUPS
// says.
package deploy
