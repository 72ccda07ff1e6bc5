export { describeWithDocker, dockerAvailable } from './docker.ts';
export { type FtpServer, type FtpServerOptions, startFtpServer } from './ftp-server.ts';
export { listening, nextLoopbackAddress } from './loopback.ts';
export {
  type PostgresServer,
  type StoppablePostgres,
  startPostgres,
  startStoppablePostgres,
} from './postgres-server.ts';
export { type RedisServer, startRedis } from './redis-server.ts';
