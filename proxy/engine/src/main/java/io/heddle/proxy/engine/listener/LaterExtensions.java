package io.heddle.proxy.engine.listener;

import java.util.Map;

/**
 * Envoy's extensions that this version knows by name and does not have, so that a refusal says more
 * than "unknown". Stateless.
 */
final class LaterExtensions {
  private static final String HTTP = "envoy.extensions.filters.http.";
  private static final String NETWORK = "envoy.extensions.filters.network.";

  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry(HTTP + "rbac.v3.RBAC", "envoy.filters.http.rbac"),
          Map.entry(HTTP + "jwt_authn.v3.JwtAuthentication", "envoy.filters.http.jwt_authn"),
          Map.entry(HTTP + "ext_authz.v3.ExtAuthz", "envoy.filters.http.ext_authz"),
          Map.entry(HTTP + "ext_proc.v3.ExternalProcessor", "envoy.filters.http.ext_proc"),
          Map.entry(
              HTTP + "grpc_json_transcoder.v3.GrpcJsonTranscoder",
              "envoy.filters.http.grpc_json_transcoder"),
          Map.entry(HTTP + "grpc_http1_bridge.v3.Config", "envoy.filters.http.grpc_http1_bridge"),
          Map.entry(
              HTTP + "grpc_http1_reverse_bridge.v3.FilterConfig",
              "envoy.filters.http.grpc_http1_reverse_bridge"),
          Map.entry(HTTP + "lua.v3.Lua", "envoy.filters.http.lua"),
          Map.entry(HTTP + "wasm.v3.Wasm", "envoy.filters.http.wasm"),
          Map.entry(HTTP + "csrf.v3.CsrfPolicy", "envoy.filters.http.csrf"),
          Map.entry(HTTP + "oauth2.v3.OAuth2", "envoy.filters.http.oauth2"),
          Map.entry(HTTP + "basic_auth.v3.BasicAuth", "envoy.filters.http.basic_auth"),
          Map.entry(HTTP + "api_key_auth.v3.ApiKeyAuth", "envoy.filters.http.api_key_auth"),
          Map.entry(
              HTTP + "credential_injector.v3.CredentialInjector",
              "envoy.filters.http.credential_injector"),
          Map.entry(
              HTTP + "bandwidth_limit.v3.BandwidthLimit", "envoy.filters.http.bandwidth_limit"),
          Map.entry(
              HTTP + "custom_response.v3.CustomResponse", "envoy.filters.http.custom_response"),
          Map.entry(HTTP + "cache.v3.CacheConfig", "envoy.filters.http.cache"),
          Map.entry(NETWORK + "rbac.v3.RBAC", "envoy.filters.network.rbac"),
          Map.entry(NETWORK + "ext_authz.v3.ExtAuthz", "envoy.filters.network.ext_authz"),
          Map.entry(NETWORK + "ratelimit.v3.RateLimit", "envoy.filters.network.ratelimit"),
          Map.entry(
              NETWORK + "sni_dynamic_forward_proxy.v3.FilterConfig",
              "envoy.filters.network.sni_dynamic_forward_proxy"),
          Map.entry(NETWORK + "sni_cluster.v3.SniCluster", "envoy.filters.network.sni_cluster"),
          Map.entry(NETWORK + "redis_proxy.v3.RedisProxy", "envoy.filters.network.redis_proxy"),
          Map.entry(NETWORK + "mongo_proxy.v3.MongoProxy", "envoy.filters.network.mongo_proxy"),
          Map.entry(NETWORK + "wasm.v3.Wasm", "envoy.filters.network.wasm"));

  private LaterExtensions() {}

  /** What a refusal says that it expected: {@code otherwise}, or that the extension comes later. */
  static String expected(String typeUrl, String otherwise) {
    String name = NAMES.get(typeUrl.substring(typeUrl.lastIndexOf('/') + 1));
    return name == null
        ? otherwise
        : otherwise + ": " + name + " comes in a later version; is_optional skips it until then";
  }
}
