#!/bin/sh
# Disconnects by a file that names the router of each subscriber.
# Changed from radclient: the word radclient.
dacctl -r 3 -p 20 -f "$LIST" "192.0.2.1" disconnect "$SECRET"
