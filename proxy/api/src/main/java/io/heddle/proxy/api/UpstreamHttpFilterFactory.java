package io.heddle.proxy.api;

/**
 * An HTTP filter that also runs upstream: once an attempt, after a host was chosen, configured on a
 * cluster or on the router ({@code upstream_http_filters}). The same callbacks as everywhere; a
 * filter that must not run twice for a retried request belongs downstream.
 */
public interface UpstreamHttpFilterFactory extends HttpFilterFactory {}
