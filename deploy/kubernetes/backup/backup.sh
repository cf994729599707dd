#!/usr/bin/env bash
# Dumps the database of DATABASE_URL into a new file in BACKUP_DIR, and deletes dumps that are older than BACKUP_KEEP_DAYS days.
set -euo pipefail
umask 077
file="$BACKUP_DIR/lockstep-$(date -u +%Y%m%dT%H%M%SZ).dump"
# under another name until it is whole and was read to its end
trap 'rm -f "$file.part"' EXIT
pg_dump --format=custom --file="$file.part" --dbname="$DATABASE_URL"
pg_restore --file=/dev/null "$file.part"
mv "$file.part" "$file"
# behind the dump: while none succeeds, none is deleted
find "$BACKUP_DIR" -maxdepth 1 -name 'lockstep-*.dump' -mtime +"$BACKUP_KEEP_DAYS" -delete
echo "$file"
