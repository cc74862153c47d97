package io.heddle.proxy.engine.tls;

import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.DataRef;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.SecretConfig.Content;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The secrets of the process by name, and who wants to know when one changes. Guarded by itself.
 */
public final class Secrets {
  private final Map<String, SecretConfig> byName = new HashMap<>();
  private final Map<String, CopyOnWriteArrayList<Runnable>> users = new HashMap<>();

  /** What would be refused of a secret. */
  public List<ConfigError> check(SecretConfig secret) {
    try {
      switch (secret.content()) {
        case Content.Certificate certificate ->
            Identity.load(certificate.certificate(), "tls_certificate");
        case Content.Validation validation ->
            PeerVerifier.load(validation.validation(), "validation_context", null);
        case Content.TicketKeys keys -> TicketKeys.load(keys.keys(), "session_ticket_keys");
        case Content.Generic generic -> {
          Material.read(generic.secret(), "generic_secret.secret");
          for (Map.Entry<String, DataRef> part : generic.secrets().entrySet()) {
            Material.read(part.getValue(), "generic_secret.secrets." + part.getKey());
          }
        }
      }
      return List.of();
    } catch (BadMaterialException bad) {
      return List.of(
          new ConfigError("Secret " + secret.name(), bad.field(), bad.offending(), bad.expected()));
    }
  }

  /**
   * Adds or changes one; connections that stand keep what they have.
   *
   * @return why it was refused; empty when it was applied
   */
  public List<ConfigError> apply(SecretConfig secret) {
    List<ConfigError> errors = check(secret);
    if (errors.isEmpty()) {
      List<Runnable> told;
      synchronized (this) {
        byName.put(secret.name(), secret);
        told = new ArrayList<>(users.getOrDefault(secret.name(), new CopyOnWriteArrayList<>()));
      }
      told.forEach(Runnable::run);
    }
    return errors;
  }

  /** Forgets one; who uses it goes on with what it has. False where there is none. */
  public synchronized boolean remove(String name) {
    return byName.remove(name) != null;
  }

  /** One by its name. */
  public synchronized Optional<SecretConfig> get(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** Calls back after each change of these, on the thread that applies it, until closed. */
  synchronized Runnable watch(List<String> names, Runnable changed) {
    for (String name : names) {
      users.computeIfAbsent(name, _ -> new CopyOnWriteArrayList<>()).add(changed);
    }
    return () -> {
      synchronized (this) {
        for (String name : names) {
          CopyOnWriteArrayList<Runnable> all = users.get(name);
          if (all != null) {
            all.remove(changed);
            if (all.isEmpty()) {
              users.remove(name);
            }
          }
        }
      }
    };
  }
}
