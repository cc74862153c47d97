package io.heddle.proxy.engine.tls;

import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;
import java.net.Socket;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyManagerFactorySpi;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among our certificates: the one that has the name asked for, else one with a wildcard
 * that covers it, else the first; among several that do as well, one whose key the client knows. An
 * alias is the place in the list. Immutable.
 */
final class Identities extends X509ExtendedKeyManager {
  private final List<Identity> all;
  private final boolean requireServerName;

  Identities(List<Identity> all, boolean requireServerName) {
    this.all = List.copyOf(all);
    this.requireServerName = requireServerName;
  }

  List<Identity> all() {
    return all;
  }

  KeyManagerFactory factory() {
    return new Factory(this);
  }

  /** What gives this manager; the JDK has no other way to hand one over. */
  private static final class Factory extends KeyManagerFactory {
    Factory(Identities manager) {
      super(new Spi(manager), new EmptyProvider(), "heddle");
    }
  }

  private static final class EmptyProvider extends java.security.Provider {
    EmptyProvider() {
      super("heddle", "1", "certificates of the configuration");
    }
  }

  private static final class Spi extends KeyManagerFactorySpi {
    private final Identities manager;

    Spi(Identities manager) {
      this.manager = manager;
    }

    @Override
    protected void engineInit(@Nullable KeyStore store, char @Nullable [] password) {}

    @Override
    protected void engineInit(ManagerFactoryParameters parameters) {}

    @Override
    protected KeyManager[] engineGetKeyManagers() {
      return new KeyManager[] {manager};
    }
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
    String server = serverName(engine);
    if (server.isEmpty() && requireServerName) {
      return null;
    }
    return choose(keyType, server);
  }

  private @Nullable String choose(String keyType, String server) {
    boolean exact = false;
    boolean wildcard = false;
    if (!server.isEmpty()) {
      for (Identity identity : all) {
        exact |= identity.isExactly(server);
        wildcard |= identity.covers(server);
      }
    }
    for (int i = 0; i < all.size(); i++) {
      Identity identity = all.get(i);
      boolean candidate =
          exact
              ? identity.isExactly(server)
              : wildcard ? identity.covers(server) : sameNames(identity, all.getFirst());
      if (candidate && fits(identity, keyType)) {
        return Integer.toString(i);
      }
    }
    return null;
  }

  /** Beside the first stand its twins with another kind of key. */
  private static boolean sameNames(Identity identity, Identity first) {
    return identity == first || identity.hasNamesOf(first);
  }

  private static boolean fits(Identity identity, String keyType) {
    return switch (keyType) {
      case "RSA" -> identity.keyType().equals("RSA");
      case "EC", "EC_EC", "EC_RSA" -> identity.keyType().equals("EC");
      default -> identity.keyType().equals(keyType);
    };
  }

  static String serverName(SSLEngine engine) {
    if (engine instanceof ReferenceCountedOpenSslEngine openSsl) {
      long pointer = openSsl.sslPointer();
      String name = pointer == 0 ? null : SSL.getSniHostname(pointer);
      return name == null ? "" : name.toLowerCase(Locale.ROOT);
    }
    return "";
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String @Nullable [] keyTypes, Principal @Nullable [] issuers, SSLEngine engine) {
    return all.isEmpty() ? null : "0";
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return all.get(Integer.parseInt(alias)).chain().toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return all.get(Integer.parseInt(alias)).key();
  }
}
