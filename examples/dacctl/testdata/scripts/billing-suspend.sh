#!/bin/sh
# Suspends a customer: a filter first, and where the NAS does not know filters the end of the session.
# Changed from radclient: the word radclient.
id="User-Name=$1,Calling-Station-Id=$2"
echo "$id,Filter-Id=\"suspended\"" | dacctl -q "$NAS" coa "$SECRET" || echo "$id" | dacctl -q "$NAS" disconnect "$SECRET" && echo "suspended $1"
