package io.heddle.xds.server;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.heddle.xds.model.ResourceType;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A resource in the bytes that go on the wire: encoded once, shared by every stream.
 *
 * <p>One array holds it as a field of both kinds of response. In {@code DeltaDiscoveryResponse} it
 * is field 2 with name, version and {@code Any} (itself field 2) last; in {@code DiscoveryResponse}
 * field 2 is that {@code Any} alone, which is therefore a suffix of the same bytes. What is good
 * for a time only has other heads before the same suffix: see {@link Expiry}.
 */
public final class EncodedResource {
  private static final String WRAPPER_URL =
      "type.googleapis.com/envoy.service.discovery.v3.Resource";
  private static final int RESOURCES = 2;
  private static final int RESOURCE_NAME = 3;
  private static final int RESOURCE_VERSION = 1;
  private static final int RESOURCE_ALIASES = 4;
  private static final int RESOURCE_TTL = 6;
  private static final int VERSION_HEX_DIGITS = 16;
  private static final Duration SHORTEST_TTL = Duration.ofSeconds(1);

  /** What stands before the content where the client is told how long it is good for. */
  private static final class Expiry {
    private final Duration ttl;

    /** In a SotW response, which has a wrapper for it. */
    private final byte[] wrapped;

    private final byte[] delta;

    Expiry(Duration ttl, byte[] wrapped, byte[] delta) {
      this.ttl = ttl;
      this.wrapped = wrapped;
      this.delta = delta;
    }
  }

  private final ResourceType type;
  private final String name;
  private final String version;
  private final byte[] bytes;
  private final int anyField;
  private final int value;
  private final List<String> references;
  private final List<String> domains;
  private final long digest;
  private final @Nullable Expiry expiry;

  private EncodedResource(
      ResourceType type,
      String name,
      String version,
      byte[] bytes,
      int anyField,
      int value,
      List<String> references,
      List<String> domains,
      @Nullable Expiry expiry) {
    this.type = type;
    this.name = name;
    this.version = version;
    this.bytes = bytes;
    this.anyField = anyField;
    this.value = value;
    this.references = references;
    this.domains = domains;
    this.expiry = expiry;
    this.digest = mix(Long.rotateLeft(mix(name.hashCode()), 17) ^ mix(version.hashCode()));
  }

  /**
   * Encodes a message deterministically; its version is the first 16 hexadecimal digits of the
   * SHA-256 of that encoding.
   *
   * <p>A virtual host is named {@code ROUTE_CONFIGURATION/NAME}, and answers to each of its domains
   * as {@code ROUTE_CONFIGURATION/DOMAIN}.
   *
   * @throws IllegalArgumentException when the message is not of the type, or the name is empty
   */
  public static EncodedResource of(ResourceType type, String name, Message message) {
    byte[] value = encoded(type, name, message);
    try {
      String version =
          HexFormat.of()
              .formatHex(
                  MessageDigest.getInstance("SHA-256").digest(value), 0, VERSION_HEX_DIGITS / 2);
      return of(type, name, version, value, message);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /**
   * Encodes a message under a version that its owner gives: for a source whose versions are its
   * own, such as a test of conformance. Whoever gives a version must change it with the content.
   *
   * @throws IllegalArgumentException when the message is not of the type, or the name or the
   *     version is empty
   */
  public static EncodedResource versioned(
      ResourceType type, String name, String version, Message message) {
    if (version.isEmpty()) {
      throw new IllegalArgumentException(
          type + "/" + name + ": version \"\" (expected: not empty)");
    }
    return of(type, name, version, encoded(type, name, message), message);
  }

  private static byte[] encoded(ResourceType type, String name, Message message) {
    ResourceKey key = new ResourceKey(type, name);
    String messageType = message.getDescriptorForType().getFullName();
    if (!type.typeUrl().endsWith("/" + messageType)) {
      throw new IllegalArgumentException(
          key + ": " + messageType + " (expected: " + type.typeUrl() + ")");
    }
    byte[] value = new byte[message.getSerializedSize()];
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(value);
      out.useDeterministicSerialization();
      message.writeTo(out);
      out.checkNoSpaceLeft();
      return value;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static EncodedResource of(
      ResourceType type, String name, String version, byte[] value, Message message) {
    List<String> domains =
        message instanceof VirtualHost host ? List.copyOf(host.getDomainsList()) : List.of();
    List<String> aliases = new ArrayList<>();
    for (String domain : domains) {
      if (!domain.contains("*")) {
        aliases.add(HostNames.table(name) + domain);
      }
    }
    return frame(type, name, version, value, References.of(type, message), domains, aliases);
  }

  /** Content that a client says it holds, of which only the version is known here. */
  static EncodedResource heldElsewhere(ResourceType type, String name, String version) {
    return new EncodedResource(type, name, version, new byte[0], 0, 0, List.of(), List.of(), null);
  }

  /** The mark in a scope that hides what less specific scopes hold under this name. */
  static EncodedResource hidden(ResourceKey key) {
    if (key.type() == ResourceType.VIRTUAL_HOSTS) {
      throw new IllegalArgumentException(
          key + ": hidden (expected: no virtual host, which domains find by more than one name)");
    }
    return heldElsewhere(key.type(), key.name(), "");
  }

  /** Whether it is the mark of {@link #hidden}. */
  boolean hides() {
    return version.isEmpty();
  }

  /** Whether it is {@link #heldElsewhere} and can be sent to nobody. */
  boolean versionOnly() {
    return bytes.length == 0;
  }

  /**
   * The same resource, good for a time at the client and then gone unless it is renewed, which the
   * server does while the stream lives. Only clients that announce support are told. The time is no
   * part of the version: to change it alone changes nothing at the clients.
   *
   * @param ttl at least a second
   */
  public EncodedResource withTtl(Duration ttl) {
    if (ttl.compareTo(SHORTEST_TTL) < 0 || type == ResourceType.VIRTUAL_HOSTS) {
      throw new IllegalArgumentException(
          "%s: TTL %s (expected: >= %s, and not on a virtual host, where a resource without content"
                  .formatted(key(), ttl, SHORTEST_TTL)
              + " says that there is no such host)");
    }
    try {
      int anyFieldSize = bytes.length - anyField;
      byte[] delta = head(name, version, List.of(), ttl, anyFieldSize);
      int ownSize = resourceHeadSize(name, version, List.of(), ttl);
      int resourceSize = ownSize + anyFieldSize;
      int anySize =
          CodedOutputStream.computeStringSize(1, WRAPPER_URL)
              + CodedOutputStream.computeTagSize(2)
              + CodedOutputStream.computeUInt32SizeNoTag(resourceSize)
              + resourceSize;
      // The wrapper is the delta field without its tag and length.
      byte[] resourceHead = Arrays.copyOfRange(delta, delta.length - ownSize, delta.length);
      byte[] wrapped =
          new byte
              [CodedOutputStream.computeTagSize(RESOURCES)
                  + CodedOutputStream.computeUInt32SizeNoTag(anySize)
                  + anySize
                  - anyFieldSize];
      CodedOutputStream out = CodedOutputStream.newInstance(wrapped);
      out.writeTag(RESOURCES, 2);
      out.writeUInt32NoTag(anySize);
      out.writeString(1, WRAPPER_URL);
      out.writeTag(2, 2);
      out.writeUInt32NoTag(resourceSize);
      out.writeRawBytes(resourceHead);
      out.checkNoSpaceLeft();
      return new EncodedResource(
          type,
          name,
          version,
          bytes,
          anyField,
          value,
          references,
          domains,
          new Expiry(ttl, wrapped, delta));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same virtual host, answering to further names besides those of its domains. */
  EncodedResource alsoKnownAs(List<String> further) {
    List<String> aliases = new ArrayList<>(further);
    for (String domain : domains) {
      if (!domain.contains("*")) {
        aliases.add(HostNames.table(name) + domain);
      }
    }
    byte[] content = Arrays.copyOfRange(bytes, value, bytes.length);
    return frame(type, name, version, content, references, domains, aliases);
  }

  private static EncodedResource frame(
      ResourceType type,
      String name,
      String version,
      byte[] value,
      List<String> references,
      List<String> domains,
      List<String> aliases) {
    int anySize =
        CodedOutputStream.computeStringSize(1, type.typeUrl())
            + CodedOutputStream.computeByteArraySize(2, value);
    int anyFieldSize =
        CodedOutputStream.computeTagSize(RESOURCES)
            + CodedOutputStream.computeUInt32SizeNoTag(anySize)
            + anySize;
    try {
      byte[] head = head(name, version, aliases, null, anyFieldSize);
      byte[] bytes = Arrays.copyOf(head, head.length + anyFieldSize);
      CodedOutputStream out = CodedOutputStream.newInstance(bytes, head.length, anyFieldSize);
      out.writeTag(RESOURCES, 2);
      out.writeUInt32NoTag(anySize);
      out.writeString(1, type.typeUrl());
      out.writeByteArray(2, value);
      out.checkNoSpaceLeft();
      return new EncodedResource(
          type,
          name,
          version,
          bytes,
          head.length,
          bytes.length - value.length,
          references,
          domains,
          null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The field of a delta response up to the {@code Any}, which comes last. */
  private static byte[] head(
      String name, String version, List<String> aliases, @Nullable Duration ttl, int anyFieldSize)
      throws IOException {
    int ownSize = resourceHeadSize(name, version, aliases, ttl);
    int resourceSize = ownSize + anyFieldSize;
    byte[] head =
        new byte
            [CodedOutputStream.computeTagSize(RESOURCES)
                + CodedOutputStream.computeUInt32SizeNoTag(resourceSize)
                + ownSize];
    CodedOutputStream out = CodedOutputStream.newInstance(head);
    out.writeTag(RESOURCES, 2);
    out.writeUInt32NoTag(resourceSize);
    out.writeString(RESOURCE_NAME, name);
    out.writeString(RESOURCE_VERSION, version);
    for (String alias : aliases) {
      out.writeString(RESOURCE_ALIASES, alias);
    }
    if (ttl != null) {
      out.writeMessage(RESOURCE_TTL, proto(ttl));
    }
    out.checkNoSpaceLeft();
    return head;
  }

  private static int resourceHeadSize(
      String name, String version, List<String> aliases, @Nullable Duration ttl) {
    int size =
        CodedOutputStream.computeStringSize(RESOURCE_NAME, name)
            + CodedOutputStream.computeStringSize(RESOURCE_VERSION, version);
    for (String alias : aliases) {
      size += CodedOutputStream.computeStringSize(RESOURCE_ALIASES, alias);
    }
    return ttl == null
        ? size
        : size + CodedOutputStream.computeMessageSize(RESOURCE_TTL, proto(ttl));
  }

  static com.google.protobuf.Duration proto(Duration duration) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }

  /** The kind of resource. */
  public ResourceType type() {
    return type;
  }

  /** The name that clients subscribe to. */
  public String name() {
    return name;
  }

  /** Type and name. */
  public ResourceKey key() {
    return new ResourceKey(type, name);
  }

  /** The hash of the content, the same on every replica and after every restart; or as given. */
  public String version() {
    return version;
  }

  /** Type, name and version. */
  public ResourceVersion resourceVersion() {
    return new ResourceVersion(type, name, version);
  }

  /** The content, without a copy. */
  public Any any() {
    ByteString content = UnsafeByteOperations.unsafeWrap(bytes, value, bytes.length - value);
    return Any.newBuilder().setTypeUrl(type.typeUrl()).setValue(content).build();
  }

  /**
   * What this resource needs: for a listener, routes or a virtual host the clusters they name, for
   * a cluster the name of its endpoints where they come by EDS.
   */
  public List<String> references() {
    return references;
  }

  /** How long a client may believe in it without hearing of it again; empty: for ever. */
  public Optional<Duration> ttl() {
    return Optional.ofNullable(lifetime());
  }

  @Nullable Duration lifetime() {
    return expiry == null ? null : expiry.ttl;
  }

  /** The domains of a virtual host; of anything else none. */
  List<String> domains() {
    return domains;
  }

  /** Whether both hold the same content. */
  boolean sameVersion(EncodedResource other) {
    return this == other || version.equals(other.version);
  }

  /** A hash of name and version; sums of it identify a set. */
  long digest() {
    return digest;
  }

  private byte @Nullable [] otherHead(Framing framing) {
    if (expiry == null || !framing.saysTtl()) {
      return null;
    }
    return framing.delta() ? expiry.delta : expiry.wrapped;
  }

  int frameSize(Framing framing) {
    byte[] head = otherHead(framing);
    if (head != null) {
      return head.length + bytes.length - anyField;
    }
    return framing.delta() ? bytes.length : bytes.length - anyField;
  }

  void writeFrame(Framing framing, OutputStream out) throws IOException {
    byte[] head = otherHead(framing);
    int from = framing.delta() ? 0 : anyField;
    if (head != null) {
      out.write(head);
      from = anyField;
    }
    out.write(bytes, from, bytes.length - from);
  }

  private static long mix(long z) {
    long a = (z ^ (z >>> 33)) * 0xff51afd7ed558ccdL;
    long b = (a ^ (a >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return b ^ (b >>> 33);
  }

  @Override
  public String toString() {
    return type + "/" + name + "@" + version;
  }
}
