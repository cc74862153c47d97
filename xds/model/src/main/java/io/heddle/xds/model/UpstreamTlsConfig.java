package io.heddle.xds.model;

/**
 * TLS towards hosts ({@code envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext}).
 *
 * @param sni the name asked for; empty for none
 * @param autoHostSni whether the host's own name is asked for, where it has one
 * @param autoSniSanValidation whether the host's certificate must have the name asked for
 * @param maxSessionKeys sessions kept to be resumed; 0 for none
 */
public record UpstreamTlsConfig(
    TlsConfig common,
    String sni,
    boolean autoHostSni,
    boolean autoSniSanValidation,
    int maxSessionKeys) {}
