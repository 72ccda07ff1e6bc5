export { describeWithDocker, dockerAvailable } from './docker.ts';
export { type FtpServer, type FtpServerOptions, startFtpServer } from './ftp-server.ts';
export { type PostgresServer, startPostgres } from './postgres-server.ts';
export { type RedisServer, startRedis } from './redis-server.ts';
