#!/bin/sh
# The same variables as the other servers; session reuse is required, which is ProFTPD's default.
set -eu
# -f: never match the system's files; crypt(3) SHA-512 of the password made at run time.
useradd --no-create-home --home-dir /files --uid "$UID_OF_FILES" --non-unique --shell /bin/sh partner
HASH=$(cut -d: -f2 /tls/password | openssl passwd -6 -stdin)
GROUP=$(id -g partner)
printf 'partner:%s:%s:%s::/files:/bin/sh\n' "$HASH" "$UID_OF_FILES" "$GROUP" > /run/passwd
chmod 600 /run/passwd
OPTIONS=
[ "$MODE" = implicit ] && OPTIONS='TLSOptions UseImplicitSSL'
cat > /etc/proftpd-test.conf <<CONF
ServerType standalone
DefaultServer on
DefaultAddress $ADDRESS
SocketBindTight on
UseIPv6 off
UseReverseDNS off
Port $PORT
User proftpd
Group nogroup
PassivePorts $PASV_MIN $PASV_MAX
PidFile /run/proftpd-test.pid
ScoreboardFile /run/proftpd-test.sb
SystemLog /log/system.log
DelayEngine off
TransferLog none
WtmpLog off
MaxInstances 60
ModulePath /usr/lib/proftpd
LoadModule mod_tls.c
LoadModule mod_tls_shmcache.c
LoadModule mod_digest.c
AuthOrder mod_auth_file.c
AuthUserFile /run/passwd
RequireValidShell off
DefaultRoot ~
AllowOverwrite on
AllowStoreRestart on
AllowRetrieveRestart on
Umask 022
TimesGMT on
DigestEngine on
DigestAlgorithms crc32 md5 sha1 sha256 sha512
TLSEngine on
TLSLog /log/server.log
TLSRSACertificateFile /tls/certificate.pem
TLSRSACertificateKeyFile /tls/key.pem
TLSProtocol TLSv$TLS
TLSVerifyClient off
TLSRequired on
TLSRenegotiate none
TLSOptions EnableDiags
$OPTIONS
CONF
if grep -q 'BEGIN PRIVATE KEY' /tls/key.pem && openssl pkey -in /tls/key.pem -noout -text | grep -q 'ASN1 OID'; then
  sed -i 's/TLSRSACertificate/TLSECCertificate/' /etc/proftpd-test.conf
fi
exec proftpd --nodaemon --config /etc/proftpd-test.conf
