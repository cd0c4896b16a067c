#!/bin/sh
# Logs an account on to an ISG: the command in front, the session by its identifier.
# Changed from radclient: the word radclient.
cat <<END | dacctl -x -t 2 "$NAS" 43 "$SECRET"
Cisco-Account-Info = "S$1"
Cisco-AVPair = "subscriber:command=account-logon"
User-Name = 'CORP\\$2'
END
