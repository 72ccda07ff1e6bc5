#!/bin/sh
# ADDRESS PORT MODE(explicit|implicit) TLS(1.2|1.3) PASV_MIN PASV_MAX UID; /files is the user's home, /tls the identity, /log the log.
set -eu
useradd --no-create-home --home-dir /files --uid "$UID_OF_FILES" --non-unique --shell /bin/sh partner
chpasswd < /tls/password
# vsftpd has no switch for "1.3 only": the library's own configuration says it.
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
IMPLICIT=NO
[ "$MODE" = implicit ] && IMPLICIT=YES
cat > /etc/vsftpd-test.conf <<CONF
listen=YES
listen_ipv6=NO
listen_address=$ADDRESS
listen_port=$PORT
background=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
local_umask=022
pam_service_name=vsftpd-test
chroot_local_user=YES
allow_writeable_chroot=YES
secure_chroot_dir=/run/vsftpd/empty
seccomp_sandbox=NO
pasv_min_port=$PASV_MIN
pasv_max_port=$PASV_MAX
use_localtime=NO
xferlog_enable=YES
xferlog_std_format=NO
log_ftp_protocol=NO
debug_ssl=YES
vsftpd_log_file=/log/server.log
ssl_enable=YES
implicit_ssl=$IMPLICIT
allow_anon_ssl=NO
force_local_logins_ssl=YES
force_local_data_ssl=YES
ssl_tlsv1=YES
ssl_sslv2=NO
ssl_sslv3=NO
ssl_ciphers=HIGH
rsa_cert_file=/tls/both.pem
rsa_private_key_file=/tls/both.pem
require_ssl_reuse=YES
max_clients=60
max_per_ip=60
CONF
# Not as process 1: vsftpd ends when a client leaves during its first fork otherwise.
vsftpd /etc/vsftpd-test.conf &
wait $!
