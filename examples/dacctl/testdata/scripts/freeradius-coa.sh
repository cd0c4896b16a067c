#!/bin/sh
# The packets of a file with their kinds in them, and what is expected of each.
# Changed from radclient: the word radclient.
dacctl -f "$LIST" -s "$NAS" auto "$SECRET"
