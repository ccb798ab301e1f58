/** `jupyterhub-client`: the whole public surface. Functions for single operations are in `jupyterhub-client/api`. */
export { JupyterHub } from "./client.js";
export {
  AuthenticationError,
  BadRequestError,
  ConflictError,
  ConnectionError,
  ForbiddenError,
  HubError,
  InvalidInputError,
  JupyterHubError,
  UnexpectedResponseError,
  NotFoundError,
  RateLimitError,
  ServerNotRunningError,
  SpawnFailedError,
  TimeoutError,
  UnsupportedByHubError,
  XsrfError,
  isJupyterHubError,
} from "./core/errors.js";
export { hasScope } from "./core/scopes.js";

export type { JupyterHubOptions, OAuthOptions } from "./core/options.js";
export type { Fetch } from "./core/runtime.js";
export type { TokenSource } from "./core/auth.js";
export type { AttemptContext, HubRequest, Middleware } from "./core/middleware.js";
export type { LogFields, Logger } from "./core/logger.js";
export type { BadRequestReason, ErrorDetails } from "./core/errors.js";
export type { ApiClient, ApiRequestOptions, ApiResult, CallError } from "./core/raw-call.js";
export type { FilteredScope, ScopeContext } from "./core/scopes.js";
export type { CallOptions } from "./resources/call.js";
export type { Listing, ListOptions, ListUsersInput, PageInput } from "./resources/listing.js";
export type { Page, PageQuery } from "./workflows/pagination.js";
export type { ShutdownInput } from "./client.js";
export type {
  ActivityInput,
  CreateUserInput,
  CreateUsersInput,
  DeleteUserOptions,
  GetUserInput,
  UpdateUserInput,
  Users,
} from "./resources/users.js";
export type {
  CreateTokenInput,
  Login,
  LoginInput,
  TemporaryToken,
  TemporaryTokenInput,
  Tokens,
} from "./resources/tokens.js";
export type {
  ActiveServer,
  CreateServerInput,
  ListActiveInput,
  ListServersInput,
  NamedServerInput,
  Servers,
  UpdateServerInput,
} from "./resources/servers.js";
export type {
  RestartServerOptions,
  ServerStart,
  StartManyOptions,
  StartResult,
  StartTarget,
  StartServerOptions,
  StopManyOptions,
  StopResult,
  StopTarget,
  Targets,
} from "./resources/server-starts.js";
export type {
  ConnectionInput,
  ConnectionOptions,
  ConnectionSettings,
  ServerFetchOptions,
  TokenChoice,
} from "./resources/server-connection.js";
export type { ServerInput, StartServerInput } from "./resources/server-operations.js";
export type {
  CreateGroupInput,
  CreateGroupsInput,
  GroupMembersInput,
  GroupProperties,
  Groups,
  ListGroupsInput,
} from "./resources/groups.js";
export type {
  CreateShareCodeInput,
  ListServerSharesInput,
  ListSharesInput,
  RevokeShareCodeInput,
  RevokeShareInput,
  ShareCodes,
  ShareInput,
  Shares,
} from "./resources/shares.js";
export type { Services } from "./resources/services.js";
export type { AuthorizeInput, OAuth, OAuthAttempt, OAuthLogin } from "./resources/oauth.js";
export type { ListRoutesInput, Proxy, UpdateProxyInput } from "./resources/proxy.js";
export type { Feature, Scope } from "../generated/operations.gen.js";
export type {
  Group,
  HubComponent,
  HubInfo,
  NewShareCode,
  NewToken,
  ProgressEvent,
  ProxyRoute,
  RequestIdentity,
  Server,
  ServerChanges,
  ServerRequest,
  Service,
  ServiceIdentity,
  ServiceRequest,
  Share,
  ShareCode,
  SharedServer,
  ShutdownAnswer,
  Token,
  User,
  UserIdentity,
} from "../generated/types.gen.js";
