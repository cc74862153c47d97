package io.heddle.control.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.store.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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

/**
 * The tokens of a control plane, kept in one file with their secrets' hashes alone. For any thread:
 * readers share an immutable map, writers wait for each other and for the disk.
 */
final class Tokens {
  private static final int MOST = 10_000;
  private static final String PREFIX = "hdl_";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path file;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();
  private final List<Consumer<Token>> revocations = new CopyOnWriteArrayList<>();

  /** By name; replaced as a whole, by a writer that holds the monitor. */
  private volatile Map<String, Token> byName;

  /** By the hash of the secret; replaced together with the other. */
  private volatile Map<String, Token> byHash;

  private Tokens(Path file, Clock clock, Map<String, Token> byName) {
    this.file = file;
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
    if (!Files.exists(file)) {
      return new Tokens(file, clock, Map.of());
    }
    Map<String, Token> tokens = new TreeMap<>();
    try {
      JsonNode whole = MAPPER.readTree(Files.readString(file));
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
    } catch (com.fasterxml.jackson.core.JsonProcessingException
        | IllegalArgumentException
        | DateTimeException e) {
      throw new IOException(
          file
              + ": damaged; put it back from the newest backup, or move it away, start, and make"
              + " new tokens",
          e);
    }
    return new Tokens(file, clock, tokens);
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
  synchronized Optional<Made> create(String name, Role role, String service) {
    byte[] secret = new byte[32];
    random.nextBytes(secret);
    String text = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Token token = new Token(name, role, service, hash(text), now);
    if (byName.size() >= MOST) {
      throw new IllegalArgumentException(
          "tokens: " + byName.size() + " (expected: at most " + MOST + ")");
    }
    if (byName.containsKey(name)) {
      return Optional.empty();
    }
    Map<String, Token> next = new TreeMap<>(byName);
    next.put(name, token);
    replace(next);
    return Optional.of(new Made(token, text));
  }

  /** Takes a token away, durably; who used it is told. False where there is none. */
  boolean revoke(String name) {
    Token revoked;
    synchronized (this) {
      Map<String, Token> next = new TreeMap<>(byName);
      revoked = next.remove(name);
      if (revoked == null) {
        return false;
      }
      replace(next);
    }
    revocations.forEach(listener -> listener.accept(revoked));
    return true;
  }

  /** Tells of tokens that were taken away, after they were. */
  void onRevoked(Consumer<Token> listener) {
    revocations.add(listener);
  }

  private void replace(Map<String, Token> next) {
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
      OwnFile.write(file, (whole.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new StoreException(file + ": cannot be written: " + e.getMessage(), e);
    }
    byName = Map.copyOf(next);
    byHash = hashes(next);
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
