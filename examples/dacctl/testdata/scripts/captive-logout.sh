#!/bin/bash
# Logs a station out of the captive portal.
# Changed from radclient: the word radclient.
set -e
mac=$1 session=$2
dacctl -f - "$NAS" disconnect "$SECRET" <<END
# from the portal
Calling-Station-Id = "$mac"
Acct-Session-Id = "$session"
Message-Authenticator = 0x00
END
