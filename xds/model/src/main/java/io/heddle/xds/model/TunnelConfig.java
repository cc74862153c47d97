package io.heddle.xds.model;

/**
 * A TCP proxy's connection goes to its host within a request ({@code tunneling_config} of {@code
 * envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy}).
 *
 * @param hostname what is asked for, with a port; may have format operators
 * @param postPath where a POST goes whose bodies are the bytes; empty for a CONNECT
 * @param headers added to the request
 */
public record TunnelConfig(String hostname, String postPath, HeaderMutations headers) {}
