/** The exports of `jupyterhub-client/testing`: test doubles of a hub, and checks against the API of a hub's release. */
export { FakeHub } from "./fake/hub.js";
export type { AuthorizationCode } from "./fake/oauth.js";
export type { FakeRequest } from "./fake/requests.js";
export type { Fault } from "./fake/faults.js";
export type { FakeGroup, FakeHubOptions, FakeService, FakeUser } from "./fake/options.js";
export type { SpawnerBehaviour, SpawnerEvent, SpawnerRule, SpawnRequest } from "./fake/spawner.js";
export { assertContract } from "./contract/assert-contract.js";
export type { ContractFetch, ContractOptions } from "./contract/assert-contract.js";
export type { Fetch } from "../core/runtime.js";
export { ContractError } from "./contract/error.js";
export { checkHub } from "./contract/check-hub.js";
export type { CheckHubOptions, HubCheck, HubDeviation } from "./contract/check-hub.js";
export { startMockHub } from "./mock/start-mock-hub.js";
export type {
  MockCall,
  MockHub,
  MockHubOptions,
  MockViolation,
  RespondOptions,
} from "./mock/mock-hub.js";
