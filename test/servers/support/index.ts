export { describeWithDocker, dockerAvailable } from './docker.ts';
export { type FtpServer, type FtpServerOptions, startFtpServer } from './ftp-server.ts';
