package io.heddle.control.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.store.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens of a control plane, kept with their secrets' hashes alone, in one text. For any
 * thread: readers share an immutable map, writers wait for each other and for the disk.
 */
final class Tokens {
  private static final int MOST = 10_000;
  private static final String PREFIX = "hdl_";
  private static final Logger LOG = LoggerFactory.getLogger(Tokens.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final TokenText text;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();
  private final List<Consumer<Token>> revocations = new CopyOnWriteArrayList<>();

  /** By name; replaced as a whole, by a writer that holds the monitor. */
  private volatile Map<String, Token> byName;

  /** By the hash of the secret; replaced together with the other. */
  private volatile Map<String, Token> byHash;

  private Tokens(TokenText text, Clock clock, Map<String, Token> byName) {
    this.text = text;
    this.clock = clock;
    this.byName = Map.copyOf(byName);
    this.byHash = hashes(byName);
  }

  /** A token and, this once, its secret. */
  record Made(Token token, String secret) {
    /** Without the secret, which must not reach a log. */
    @Override
    public String toString() {
      return token.toString();
    }
  }

  /**
   * Reads the file; there are none where it is missing.
   *
   * @throws IOException where it cannot be read or is damaged, naming the mend
   */
  static Tokens open(Path file, Clock clock) throws IOException {
    return open(new OwnText(file), clock);
  }

  /** The same of a text that others may change as well. */
  static Tokens open(TokenText text, Clock clock) throws IOException {
    Tokens tokens = new Tokens(text, clock, parse(text.describe(), text.read()));
    text.onChange(tokens::changed);
    return tokens;
  }

  private static Map<String, Token> parse(String where, Optional<String> text) throws IOException {
    Map<String, Token> tokens = new TreeMap<>();
    if (text.isEmpty()) {
      return tokens;
    }
    try {
      JsonNode whole = MAPPER.readTree(text.get());
      if (!whole.path("tokens").isArray()) {
        throw new IllegalArgumentException("tokens: absent (expected: a list)");
      }
      for (JsonNode one : whole.path("tokens")) {
        Token token =
            new Token(
                one.path("name").asText(),
                Role.ofWord(one.path("role").asText())
                    .orElseThrow(() -> new IllegalArgumentException("role: unknown")),
                one.path("service").asText(),
                one.path("hash").asText(),
                Instant.parse(one.path("created").asText()));
        tokens.put(token.name(), token);
      }
      return tokens;
    } catch (com.fasterxml.jackson.core.JsonProcessingException
        | IllegalArgumentException
        | DateTimeException e) {
      throw new IOException(
          where
              + ": damaged; put it back from the newest backup, or move it away, start, and make"
              + " new tokens",
          e);
    }
  }

  /** Somebody else has changed them. */
  private void changed(String now) {
    List<Token> revoked;
    try {
      synchronized (this) {
        revoked = take(parse(text.describe(), Optional.of(now)));
      }
    } catch (IOException e) {
      LOG.error("The tokens were changed to what cannot be read; those that were known count", e);
      return;
    }
    revoked.forEach(token -> revocations.forEach(listener -> listener.accept(token)));
  }

  /** Takes tokens for what counts; those that do not any more. Under the monitor. */
  private List<Token> take(Map<String, Token> next) {
    List<Token> gone =
        byName.values().stream().filter(token -> !token.equals(next.get(token.name()))).toList();
    byName = Map.copyOf(next);
    byHash = hashes(next);
    return gone;
  }

  private static Map<String, Token> hashes(Map<String, Token> byName) {
    Map<String, Token> hashes = new TreeMap<>();
    byName.values().forEach(token -> hashes.put(token.hash(), token));
    return Map.copyOf(hashes);
  }

  /** Whose secret this is. */
  Optional<Token> of(String secret) {
    return secret.length() > 256 ? Optional.empty() : Optional.ofNullable(byHash.get(hash(secret)));
  }

  /** In the order of their names. */
  Collection<Token> all() {
    return new TreeMap<>(byName).values();
  }

  /**
   * Makes a token, durably.
   *
   * @return empty where there is one of that name
   * @throws IllegalArgumentException naming the offending and the expected value
   */
  Optional<Made> create(String name, Role role, String service) {
    try {
      return create(name, role, service, _ -> {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Is told a secret before its token counts. */
  interface Keeper {
    /** An exception leaves the token unmade. */
    void keep(String secret) throws IOException;
  }

  /**
   * The same; the secret is kept first, so that a crash between the two leaves a secret without
   * token and not a token whose secret nobody knows.
   */
  synchronized Optional<Made> create(String name, Role role, String service, Keeper keeper)
      throws IOException {
    byte[] secret = new byte[32];
    random.nextBytes(secret);
    String secretText = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Token token = new Token(name, role, service, hash(secretText), now);
    boolean kept = false;
    while (true) {
      if (byName.size() >= MOST) {
        throw new IllegalArgumentException(
            "tokens: " + byName.size() + " (expected: at most " + MOST + ")");
      }
      if (byName.containsKey(name)) {
        return Optional.empty();
      }
      if (!kept) {
        keeper.keep(secretText);
        kept = true;
      }
      Map<String, Token> next = new TreeMap<>(byName);
      next.put(name, token);
      if (replace(next)) {
        return Optional.of(new Made(token, secretText));
      }
    }
  }

  /** Takes a token away, durably; who used it is told. False where there is none. */
  boolean revoke(String name) {
    Token revoked;
    synchronized (this) {
      while (true) {
        Map<String, Token> next = new TreeMap<>(byName);
        revoked = next.remove(name);
        if (revoked == null) {
          return false;
        }
        if (replace(next)) {
          break;
        }
      }
    }
    Token gone = revoked;
    revocations.forEach(listener -> listener.accept(gone));
    return true;
  }

  /** Tells of tokens that were taken away, after they were. */
  void onRevoked(Consumer<Token> listener) {
    revocations.add(listener);
  }

  /** False where somebody else was first; then what that one made counts. */
  private boolean replace(Map<String, Token> next) {
    ObjectNode whole = MAPPER.createObjectNode();
    ArrayNode list = whole.putArray("tokens");
    for (Token token : next.values()) {
      list.addObject()
          .put("name", token.name())
          .put("role", token.role().word())
          .put("service", token.service())
          .put("hash", token.hash())
          .put("created", token.created().toString());
    }
    try {
      if (text.replace(whole.toPrettyString() + "\n")) {
        take(next);
        return true;
      }
      List<Token> revoked = take(parse(text.describe(), text.read()));
      revoked.forEach(token -> revocations.forEach(listener -> listener.accept(token)));
      return false;
    } catch (IOException e) {
      throw new StoreException(text.describe() + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static String hash(String secret) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
