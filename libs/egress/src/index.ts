export { readAddress, writeAddress } from './address.ts';
export { ADDRESS_CLASSES, type AddressClass } from './address-class.ts';
export {
  type DestinationCheck,
  Egress,
  type EgressOptions,
  type HostCheck,
} from './egress.ts';
export type { Destination, EgressLists } from './egress-policy.ts';
export { type EgressRule, readRule, USUAL_RULES, writeRule } from './egress-rule.ts';
export { normaliseHost } from './host.ts';
export { contains, type Network, readNetwork } from './network.ts';
export { type OwnService, type Resolve, serviceOfUrl } from './own-services.ts';
