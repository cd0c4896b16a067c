#!/bin/sh
# Starts a service on an ISG, by attribute number as the old script did.
# Changed from radclient: the word radclient.
printf 'Acct-Session-Id = "%s", Vendor-9-Attr-252 = 0x0b%s\n' "$1" "$(printf %s "$2" | od -An -tx1 | tr -d ' \n')" | dacctl "$NAS" coa "$SECRET"
