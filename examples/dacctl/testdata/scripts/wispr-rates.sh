#!/bin/sh
# Sets the rates of a hotspot user in WISPr's attributes, for each line of rates.txt: name, up, down.
# Changed from radclient: the word radclient.
while IFS=, read -r user up down; do
	printf 'User-Name = "%s"\nWISPr-Bandwidth-Max-Up = %s\nWISPr-Bandwidth-Max-Down = %s\n\n' "$user" "$up" "$down"
done <"$LIST" | dacctl -p 10 -s "$NAS" coa "$SECRET"
