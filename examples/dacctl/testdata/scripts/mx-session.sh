#!/bin/sh
# Ends a session of an MX by its Acct-Session-Id, and says why it could not.
# Changed from radclient: the word radclient.
out=$(printf 'Acct-Session-Id = "%s"\n' "$1" | dacctl -x "$NAS" disconnect "$SECRET" 2>&1)
case $out in
*"Disconnect-ACK"*) echo "ended" ;;
*"Session-Context-Not-Found"*) echo "was gone" ;;
*) echo "failed"; exit 1 ;;
esac
