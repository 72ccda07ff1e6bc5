import type { Socket } from 'node:net';
import { type FtpsEndpoint, TransferError } from '#domain';
import { ActiveRoutes } from './active-routes.ts';
import type { DestinationCheck } from './checked-destination.ts';
import type { ControlChannel } from './control-channel.ts';
import { type DataRoutes, PassiveRoutes } from './data-routes.ts';
import type { FtpsDeadlines } from './deadlines.ts';
import { readNetworks } from './passive-address.ts';
import type { RevealedProxy } from './proxy.ts';

/** The control connection that the routes belong to. */
export interface RouteOrigin {
  control: ControlChannel;
  raw: Socket;
  deadlines: FtpsDeadlines;
}

/** How this endpoint's data connections are made, once there is a session. Throws `invalid_configuration` at once. */
export function chooseRoutes(
  endpoint: FtpsEndpoint,
  proxy: RevealedProxy | undefined,
  check: DestinationCheck | undefined,
): (origin: RouteOrigin) => DataRoutes {
  const { active: policy, passive, host, pipelining = false } = endpoint;
  if (policy && proxy) {
    const detail = `endpoint ${endpoint.name}: \`active\` and \`proxy\` together; the server cannot reach us through a proxy`;
    throw new TransferError('invalid_configuration', { phase: 'connect', detail });
  }
  const allowed = passive.advertisedNetworks && readNetworks(passive.advertisedNetworks);
  return ({ control, raw, deadlines }) => {
    const { remoteAddress, localAddress } = raw;
    if (!remoteAddress || !localAddress)
      throw control.fail('connection_lost', 'the connection closed at login');
    if (policy)
      return new ActiveRoutes({ control, deadlines, policy, localAddress, peerAddress: remoteAddress });
    return new PassiveRoutes({
      control,
      deadlines,
      // Only the proxy knows the server's address: it is asked for the name again.
      peerAddress: proxy ? host : remoteAddress,
      host,
      proxy,
      check,
      addressPolicy: passive.addressPolicy,
      advertisedNetworks: allowed,
      command: passive.command ?? 'auto',
      pipelining,
    });
  };
}
