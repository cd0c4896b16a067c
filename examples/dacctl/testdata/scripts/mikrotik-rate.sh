#!/bin/sh
# Gives a subscriber of a MikroTik another rate.
# Changed from radclient: the word radclient.
echo "User-Name=$1,Framed-IP-Address=$2,Mikrotik-Rate-Limit=\"$3\"" | dacctl -c 1 -q "$NAS" coa "$SECRET"
