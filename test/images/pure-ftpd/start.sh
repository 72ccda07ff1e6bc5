#!/bin/sh
# The same variables as the other servers. Pure-FTPd has no implicit mode and logs through syslog only.
set -eu
useradd --no-create-home --home-dir /files --uid "$UID_OF_FILES" --non-unique --shell /bin/sh partner
# Written by hand: pure-pw would first measure how much memory it may spend on a hash, which takes minutes.
HASH=$(cut -d: -f2 /tls/password | openssl passwd -6 -stdin)
printf 'partner:%s:%s:%s::/files/./::::::::::::\n' "$HASH" "$UID_OF_FILES" "$(id -g partner)" > /run/pw
pure-pw mkdb /run/pw.pdb -f /run/pw
cat > /etc/ssl/test.cnf <<CNF
openssl_conf = main
[main]
ssl_conf = ssl
[ssl]
system_default = versions
[versions]
MinProtocol = TLSv$TLS
MaxProtocol = TLSv$TLS
CNF
export OPENSSL_CONF=/etc/ssl/test.cnf
socat -u UNIX-RECV:/dev/log,mode=666 OPEN:/log/server.log,creat,append &
exec pure-ftpd -4 -S "$ADDRESS,$PORT" -l puredb:/run/pw.pdb -E -j -p "$PASV_MIN:$PASV_MAX" -Y 3 -2 /tls/both.pem -g /run/pf.pid -u 1 -H -d -c 60 -C 60 -L 100000:8
