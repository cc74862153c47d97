package io.heddle.proxy.api;

/**
 * An HTTP filter that also runs upstream: once an attempt, after a host was chosen, configured on a
 * cluster ({@code http_filters} of its {@code HttpProtocolOptions}). The same callbacks as
 * everywhere, {@link HttpFilter#onReset} where the attempt ended before its response was whole, be
 * it retried or not. A filter that must not run twice for a retried request belongs downstream.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/upstream_filters">Envoy,
 *     upstream filters</a>
 */
public interface UpstreamHttpFilterFactory extends HttpFilterFactory {}
