package io.heddle.proxy.codec;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.netty.buffer.ByteBuf;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The head of a request: one that came, or one being made with {@link #start}. {@code Host} is the
 * same as {@code :authority} here and is not listed among the fields.
 */
public final class RequestHead extends Head implements RequestHeaders {
  private static final String[] METHODS = {
    "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE"
  };

  private int methodFrom;
  private int methodTo;
  private int pathFrom;
  private int pathTo;
  private int authorityFrom;
  private int authorityTo;
  private byte pathStandIn;
  private @Nullable String method;
  private @Nullable String path;
  private @Nullable String authority;
  private String scheme = "http";

  HttpVersion version = HttpVersion.HTTP_1_1;
  boolean keepAlive = true;
  boolean expectsContinue;
  boolean teTrailers;

  /** Where the value of {@code Upgrade} lies, when it counts. */
  int upgrade;

  int upgradeEnd;

  RequestHead(HeadPool pool) {
    super(pool);
  }

  @Override
  void reset() {
    super.reset();
    methodFrom = 0;
    methodTo = 0;
    pathFrom = 0;
    pathTo = 0;
    pathStandIn = 0;
    authorityFrom = 0;
    authorityTo = 0;
    method = null;
    path = null;
    authority = null;
    scheme = "http";
    version = HttpVersion.HTTP_1_1;
    keepAlive = true;
    expectsContinue = false;
    teTrailers = false;
    upgrade = 0;
    upgradeEnd = 0;
  }

  /** Makes this the head of a request of our own. */
  public RequestHead start(
      String newMethod, String newPath, String newAuthority, String newScheme) {
    method(newMethod);
    path(newPath);
    authority(newAuthority);
    scheme(newScheme);
    return this;
  }

  void receivedMethod(int from, int to) {
    methodFrom = from;
    methodTo = to;
  }

  void receivedPath(int from, int to) {
    pathFrom = from;
    pathTo = to;
  }

  /** The target had no path, only perhaps a query: {@code http://host?query}. */
  void pathMissingSlash(int from, int to, boolean options) {
    receivedPath(from, to);
    pathStandIn = (byte) (from == to && options ? '*' : '/');
  }

  /** Puts in the path that the target left out (RFC 9112, 3.2.1 and 3.2.4). */
  void completePath() {
    if (pathStandIn == 0) {
      return;
    }
    int query = pathTo - pathFrom;
    reserve(query + 1);
    int from = length;
    bytes[length++] = pathStandIn;
    System.arraycopy(bytes, pathFrom, bytes, length, query);
    length += query;
    receivedPath(from, length);
  }

  void receivedAuthority(int from, int to) {
    authorityFrom = from;
    authorityTo = to;
  }

  // --- what the connection needs to know ---

  /** The version that came. */
  public HttpVersion version() {
    return version;
  }

  /** Whether the client wants to send another request on this connection. */
  public boolean keepAlive() {
    return keepAlive;
  }

  /** Whether the client waits for a 100 before it sends the body. */
  public boolean expectsContinue() {
    return expectsContinue;
  }

  /** Whether the client said {@code TE: trailers}. */
  public boolean acceptsTrailers() {
    return teTrailers;
  }

  /** The protocols that the client would rather speak; never {@code h2c}, which is dropped. */
  public Optional<String> upgrade() {
    return upgradeEnd == upgrade ? Optional.empty() : Optional.of(text(upgrade, upgradeEnd));
  }

  /** Makes this a request that offers another protocol, a token. */
  public void offer(CharSequence protocol) {
    upgrade = append(protocol);
    upgradeEnd = length;
  }

  /** The offer, lying in the head; empty where there is none. */
  public AsciiString offered() {
    return new AsciiString(bytes, upgrade, upgradeEnd - upgrade, false);
  }

  /** Whether it asks for the connection, or the stream, to carry something else than HTTP. */
  public boolean offersProtocol() {
    return upgradeEnd > upgrade || methodIs("CONNECT");
  }

  // --- RequestHeaders ---

  @Override
  public String method() {
    String known = method;
    if (known == null) {
      known = methodText();
      method = known;
    }
    return known;
  }

  private String methodText() {
    for (String candidate : METHODS) {
      if (same(methodFrom, methodTo, candidate)) {
        return candidate;
      }
    }
    return text(methodFrom, methodTo);
  }

  /** Whether the method is this one; allocates nothing. */
  public boolean methodIs(String wanted) {
    return same(methodFrom, methodTo, wanted);
  }

  @Override
  public String path() {
    String known = path;
    if (known == null) {
      known = text(pathFrom, pathTo);
      path = known;
    }
    return known;
  }

  @Override
  public String authority() {
    String known = authority;
    if (known == null) {
      known = text(authorityFrom, authorityTo);
      authority = known;
    }
    return known;
  }

  @Override
  public String scheme() {
    return scheme;
  }

  /** Changes the scheme, {@code http} or {@code https}. */
  public void scheme(String newScheme) {
    if (!newScheme.equals("http") && !newScheme.equals("https")) {
      throw new IllegalArgumentException("scheme: \"" + newScheme + "\" (expected: http or https)");
    }
    scheme = newScheme;
  }

  @Override
  public void method(String newMethod) {
    for (int i = 0; i < newMethod.length(); i++) {
      if (!HeaderName.isToken(newMethod.charAt(i))) {
        throw new IllegalArgumentException("method: \"" + newMethod + "\" (expected: a token)");
      }
    }
    if (newMethod.isEmpty()) {
      throw new IllegalArgumentException("method: \"\" (expected: a token)");
    }
    methodFrom = append(newMethod);
    methodTo = length;
    method = newMethod;
  }

  @Override
  public void path(String newPath) {
    boolean good = newPath.equals("*") || newPath.startsWith("/");
    for (int i = 0; good && i < newPath.length(); i++) {
      char c = newPath.charAt(i);
      good = c < 128 && Chars.target((byte) c);
    }
    if (!good) {
      throw new IllegalArgumentException(
          "path: \"" + newPath + "\" (expected: * or / and visible ASCII without #)");
    }
    pathFrom = append(newPath);
    pathTo = length;
    path = newPath;
  }

  @Override
  public void authority(String newAuthority) {
    int mark = length;
    int from = append(newAuthority);
    // A blank at an end was left out just now, and is no part of a host.
    boolean trimmed = length - from != newAuthority.length();
    if (trimmed || (length > from && Authority.check(bytes, from, length) != null)) {
      length = mark;
      throw new IllegalArgumentException(
          "authority: \"" + newAuthority + "\" (expected: a host with an optional port)");
    }
    authorityFrom = from;
    authorityTo = length;
    authority = newAuthority;
  }

  // --- HeaderMap: pseudo-headers, and Host, which is one of them here ---

  private @Nullable String special(HeaderName name) {
    if (name.pseudo()) {
      return name.equals(Names.PATH)
          ? path()
          : name.equals(Names.AUTHORITY)
              ? authority()
              : name.equals(Names.METHOD) ? method() : name.equals(Names.SCHEME) ? scheme : null;
    }
    return authorityTo > authorityFrom && name.equals(Names.HOST) ? authority() : null;
  }

  @Override
  public Optional<String> first(HeaderName name) {
    String special = special(name);
    return special != null ? Optional.of(special) : super.first(name);
  }

  @Override
  public List<String> all(HeaderName name) {
    String special = special(name);
    return special != null ? List.of(special) : super.all(name);
  }

  @Override
  public boolean contains(HeaderName name) {
    return name.pseudo()
        ? special(name) != null
        : name.equals(Names.HOST) ? authorityTo > authorityFrom : super.contains(name);
  }

  @Override
  public boolean valueEquals(HeaderName name, CharSequence value) {
    if (name.equals(Names.HOST) || name.equals(Names.AUTHORITY)) {
      return authorityTo > authorityFrom && same(authorityFrom, authorityTo, value);
    }
    if (name.equals(Names.PATH)) {
      return same(pathFrom, pathTo, value);
    }
    if (name.equals(Names.METHOD)) {
      return same(methodFrom, methodTo, value);
    }
    if (name.equals(Names.SCHEME)) {
      return scheme.contentEquals(value);
    }
    return super.valueEquals(name, value);
  }

  @Override
  public void add(HeaderName name, CharSequence value) {
    if (name.equals(Names.HOST)) {
      throw new IllegalArgumentException("header: host (expected: set, as there is only one)");
    }
    super.add(name, value);
  }

  @Override
  public void set(HeaderName name, CharSequence value) {
    if (name.equals(Names.HOST) || name.equals(Names.AUTHORITY)) {
      authority(value.toString());
    } else if (name.equals(Names.PATH)) {
      path(value.toString());
    } else if (name.equals(Names.METHOD)) {
      method(value.toString());
    } else if (name.equals(Names.SCHEME)) {
      scheme(value.toString());
    } else {
      super.set(name, value);
    }
  }

  @Override
  public boolean remove(HeaderName name) {
    if (name.equals(Names.HOST)) {
      throw new IllegalArgumentException("header: host (expected: set, as there must be one)");
    }
    return super.remove(name);
  }

  // --- bytes for routing, logging and writing; good until the next change ---

  /** The array that offsets count in. Read-only; replaced when the head grows. */
  public byte[] array() {
    return bytes;
  }

  /** Where method begins in {@link #array}. */
  int methodOffset() {
    return methodFrom;
  }

  int methodEnd() {
    return methodTo;
  }

  /** Where path and query begin in {@link #array}. */
  public int pathOffset() {
    return pathFrom;
  }

  /** Bytes of path and query. */
  public int pathLength() {
    return pathTo - pathFrom;
  }

  /** Where the authority begins in {@link #array}. */
  public int authorityOffset() {
    return authorityFrom;
  }

  /** Bytes of the authority; 0 where there is none. */
  public int authorityLength() {
    return authorityTo - authorityFrom;
  }

  /** Appends the method to {@code out}. */
  public void writeMethod(ByteBuf out) {
    out.writeBytes(bytes, methodFrom, methodTo - methodFrom);
  }

  /** Appends path and query to {@code out}. */
  public void writePath(ByteBuf out) {
    out.writeBytes(bytes, pathFrom, pathTo - pathFrom);
  }

  /** Appends the authority to {@code out}. */
  public void writeAuthority(ByteBuf out) {
    out.writeBytes(bytes, authorityFrom, authorityTo - authorityFrom);
  }
}
