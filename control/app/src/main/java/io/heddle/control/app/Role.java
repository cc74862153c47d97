package io.heddle.control.app;

import java.util.Locale;
import java.util.Optional;

/** What a caller may do; each may also do what the ones before it may, but for {@link #PROXY}. */
enum Role {
  /** Reads objects, status and history. */
  VIEW,
  /** Writes objects. */
  EDIT,
  /** Decides for the mesh: lets held instances go, makes and revokes tokens. */
  OPERATE,
  /** A proxy of one service, on the port of xDS and registration; nothing at the REST API. */
  PROXY;

  boolean allows(Role needed) {
    return this == needed || (this != PROXY && needed != PROXY && compareTo(needed) > 0);
  }

  /** As users write it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<Role> ofWord(String word) {
    for (Role role : values()) {
      if (role.word().equals(word)) {
        return Optional.of(role);
      }
    }
    return Optional.empty();
  }
}
