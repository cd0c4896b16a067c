#!/bin/sh
# Ends the sessions of subscribers whose quota is used up. Runs from cron; over-quota.txt has a name and the address of its router on each line.
# Changed from radclient: the word radclient.
SECRET=${SECRET:?}
while read -r user nas; do
	[ -n "$user" ] || continue
	echo "User-Name = \"$user\"" | dacctl -x -r 2 -t 1 "$nas" disconnect "$SECRET" | grep -q "Received Disconnect-ACK" && echo "kicked $user"
done <"${LIST:-over-quota.txt}"
