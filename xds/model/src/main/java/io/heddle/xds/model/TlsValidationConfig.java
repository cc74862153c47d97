package io.heddle.xds.model;

import java.util.ArrayList;
import java.util.List;

/**
 * What a peer's certificate must be ({@code
 * envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext}).
 *
 * @param trustedCa PEM; none where chains are not verified
 * @param systemRoots whether the system's own authorities are trusted
 * @param spki SHA-256 of public keys, in base 64; one must be the leaf's, or {@code hashes} has it
 * @param hashes SHA-256 of certificates, in lower-case hex without colons
 * @param names one must match one of the leaf's names; empty matches all
 * @param crl PEM; where there are any, every authority of the chain needs one
 * @param crlOfLeafOnly whether only the leaf is looked up in them
 * @param acceptUntrusted whether a chain that is not trusted is accepted and only told of
 * @param maxDepth certificates between leaf and root; -1 without a bound
 */
public record TlsValidationConfig(
    DataRef trustedCa,
    boolean systemRoots,
    String watchedDirectory,
    List<String> spki,
    List<String> hashes,
    List<NameMatch> names,
    DataRef crl,
    boolean crlOfLeafOnly,
    boolean allowExpired,
    boolean acceptUntrusted,
    int maxDepth) {

  /** Accepts everyone and verifies nothing. */
  public static final TlsValidationConfig NONE =
      new TlsValidationConfig(
          DataRef.none(),
          false,
          "",
          List.of(),
          List.of(),
          List.of(),
          DataRef.none(),
          false,
          false,
          false,
          -1);

  /** A kind of name in a certificate. */
  public enum NameType {
    EMAIL,
    DNS,
    URI,
    IP_ADDRESS
  }

  /** A name that a certificate may have. */
  public record NameMatch(NameType type, StringMatch match) {}

  public TlsValidationConfig {
    spki = List.copyOf(spki);
    hashes = List.copyOf(hashes);
    names = List.copyOf(names);
  }

  /** Whether chains are verified against authorities. */
  public boolean verifiesChain() {
    return systemRoots || !trustedCa.isNone();
  }

  /** Whether anything is asked of a certificate. */
  public boolean verifies() {
    return verifiesChain() || !spki.isEmpty() || !hashes.isEmpty() || !names.isEmpty();
  }

  /** What is fetched, on top of this default: lists are joined, single values replaced. */
  public TlsValidationConfig merge(TlsValidationConfig over) {
    return new TlsValidationConfig(
        over.trustedCa.isNone() ? trustedCa : over.trustedCa,
        systemRoots || over.systemRoots,
        over.watchedDirectory.isEmpty() ? watchedDirectory : over.watchedDirectory,
        joined(spki, over.spki),
        joined(hashes, over.hashes),
        joined(names, over.names),
        over.crl.isNone() ? crl : over.crl,
        crlOfLeafOnly || over.crlOfLeafOnly,
        allowExpired || over.allowExpired,
        acceptUntrusted || over.acceptUntrusted,
        over.maxDepth < 0 ? maxDepth : over.maxDepth);
  }

  private static <T> List<T> joined(List<T> first, List<T> second) {
    List<T> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }
}
