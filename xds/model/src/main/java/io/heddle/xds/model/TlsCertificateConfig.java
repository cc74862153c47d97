package io.heddle.xds.model;

/**
 * A certificate and its key ({@code envoy.extensions.transport_sockets.tls.v3.TlsCertificate}).
 *
 * @param chain PEM, the leaf first
 * @param key PEM; for {@code pkcs12} none
 * @param pkcs12 both in one, in the place of {@code chain} and {@code key}
 * @param password of the key or the PKCS#12 file
 * @param watchedDirectory of all files; empty where each file is watched
 */
public record TlsCertificateConfig(
    DataRef chain, DataRef key, DataRef pkcs12, DataRef password, String watchedDirectory) {}
