package io.heddle.control.core.shared;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseKeepAliveResponse;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.CallCredentials;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.ClientCalls;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Speaks to an etcd by its own contract, version 3.
 *
 * <p>One member is spoken to at a time. When it does not answer in time, or says that it has no
 * leader, its connection is dropped, and with it the watches on it, and the next member has its
 * turn: reads are asked again, and watches go on from the revision after the last that they heard.
 */
public final class EtcdKeys implements SharedKeys {
  private static final Logger LOG = LoggerFactory.getLogger(EtcdKeys.class);
  private static final Duration CALL = Duration.ofSeconds(3);

  /** Of a member that has not answered yet: a connection is made, too. */
  private static final Duration CONNECT = Duration.ofSeconds(5);

  /** Until something has answered for the first time: what is needed for it is loaded meanwhile. */
  private static final Duration FIRST_CALL = Duration.ofSeconds(8);

  private static final int PAGE = 500;
  private static final int MOST_BYTES = 64 << 20;

  /** etcd counts the operations of a transaction a level; so many levels of so many are allowed. */
  private static final int OPERATIONS = 60;

  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> HAS_LEADER =
      Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

  private final EtcdConfig config;
  private final @Nullable SslContext tls;
  private final Set<EtcdWatch> watches = ConcurrentHashMap.newKeySet();

  /** Guarded by this, as are the two below. */
  private @Nullable Member member;

  private int turn;
  private boolean closed;
  private volatile boolean answered;

  /** Who calls, as one member told all of them; empty until it is asked for. */
  private volatile String token = "";

  /** A connection to one member. */
  static final class Member {
    final String endpoint;
    final ManagedChannel channel;
    private volatile boolean answered;

    Member(String endpoint, ManagedChannel channel) {
      this.endpoint = endpoint;
      this.channel = channel;
    }
  }

  private EtcdKeys(EtcdConfig config, @Nullable SslContext tls) {
    this.config = config;
    this.tls = tls;
  }

  /**
   * Connects with the first call.
   *
   * @throws IOException where a file cannot be read, naming its option
   */
  public static EtcdKeys open(EtcdConfig config) throws IOException {
    if (config.credentials().isPresent()) {
      credentials(config.credentials().get());
    }
    if (config.authority().isEmpty()) {
      return new EtcdKeys(config, null);
    }
    try {
      SslContextBuilder builder =
          GrpcSslContexts.forClient().trustManager(config.authority().get().toFile());
      if (config.certificate().isPresent() && config.key().isPresent()) {
        builder.keyManager(config.certificate().get().toFile(), config.key().get().toFile());
      }
      return new EtcdKeys(config, builder.build());
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          "--etcd-ca, --etcd-cert, --etcd-key: cannot be used: "
              + e.getMessage()
              + " (expected: certificates and a PKCS 8 key in PEM)",
          e);
    }
  }

  private static String[] credentials(Path file) throws IOException {
    String text;
    try {
      text = Files.readString(file, StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new IOException(
          "--etcd-credentials: " + file + " cannot be read: " + e + " (expected: USER:PASSWORD)",
          e);
    }
    int colon = text.indexOf(':');
    if (colon < 1 || text.length() > 1_024 || text.indexOf('\n') >= 0) {
      throw new IOException("--etcd-credentials: " + file + " (expected: one line USER:PASSWORD)");
    }
    return new String[] {text.substring(0, colon), text.substring(colon + 1)};
  }

  // --- the member that has its turn
  // ----------------------------------------------------------------

  private synchronized Member member() {
    if (closed) {
      throw new SharedKeysException(config + ": the connection was closed", true, new Closed());
    }
    Member current = member;
    if (current == null) {
      String endpoint = config.endpoints().get(turn % config.endpoints().size());
      NettyChannelBuilder builder =
          NettyChannelBuilder.forTarget("dns:///" + endpoint)
              .executor(Runnable::run)
              .maxInboundMessageSize(MOST_BYTES)
              .keepAliveTime(10, TimeUnit.SECONDS)
              .keepAliveTimeout(3, TimeUnit.SECONDS)
              .keepAliveWithoutCalls(false);
      current =
          new Member(
              endpoint,
              tls == null ? builder.usePlaintext().build() : builder.sslContext(tls).build());
      member = current;
    }
    return current;
  }

  private static final class Closed extends Exception {
    private static final long serialVersionUID = 1;
  }

  /** Gives the next member its turn, unless somebody did so already. */
  void failed(Member broken, Status status) {
    synchronized (this) {
      if (member != broken) {
        return;
      }
      member = null;
      turn++;
    }
    LOG.warn(
        "etcd member {} does not serve ({}); the next is asked", broken.endpoint, text(status));
    // What others have asked may still be answered; watches and the rest end a little later.
    broken.channel.shutdown();
    CompletableFuture.delayedExecutor(CALL.toMillis(), TimeUnit.MILLISECONDS)
        .execute(broken.channel::shutdownNow);
  }

  private synchronized boolean hasItsTurn(Member to) {
    return member == to;
  }

  static String text(Status status) {
    String description = status.getDescription();
    return description == null ? status.getCode().toString() : description;
  }

  static boolean unusable(Status status) {
    return switch (status.getCode()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, ABORTED, INTERNAL, UNKNOWN -> true;
      default -> false;
    };
  }

  private Duration patience(Member to) {
    return to.answered ? CALL : answered ? CONNECT : FIRST_CALL;
  }

  /** A stub that waits for so long, and says who calls. */
  private <S extends AbstractStub<S>> S ready(S stub, Member to) {
    return stub.withDeadlineAfter(patience(to)).withCallCredentials(caller());
  }

  CallCredentials caller() {
    return new CallCredentials() {
      @Override
      public void applyRequestMetadata(
          RequestInfo info, Executor executor, MetadataApplier applier) {
        Metadata headers = new Metadata();
        headers.put(HAS_LEADER, "true");
        String known = token;
        if (!known.isEmpty()) {
          headers.put(TOKEN, known);
        }
        applier.apply(headers);
      }
    };
  }

  /** Makes sure that the member knows who calls. */
  void authenticated(Member to) {
    if (config.credentials().isEmpty() || !token.isEmpty()) {
      return;
    }
    try {
      String[] user = credentials(config.credentials().get());
      token =
          AuthGrpc.newBlockingStub(to.channel)
              .withDeadlineAfter(patience(to))
              .authenticate(
                  AuthenticateRequest.newBuilder().setName(user[0]).setPassword(user[1]).build())
              .getToken();
    } catch (IOException e) {
      throw new SharedKeysException(String.valueOf(e.getMessage()), true, e);
    }
  }

  /** Whether the members have forgotten who calls; then they are told again. */
  boolean strange(Status status) {
    if (status.getCode() == Status.Code.UNAUTHENTICATED && !token.isEmpty()) {
      token = "";
      return true;
    }
    return false;
  }

  /**
   * Asks members in turn.
   *
   * @param repeatable whether asking twice does no harm
   */
  private <R> R ask(boolean repeatable, Function<Member, R> question) {
    int attempts = config.endpoints().size() + 1;
    long last = System.nanoTime() + attempts * CALL.toNanos();
    for (int attempt = 1; ; attempt++) {
      Member to = member();
      boolean sent = false;
      try {
        authenticated(to);
        sent = true;
        R answer = question.apply(to);
        to.answered = true;
        answered = true;
        return answer;
      } catch (StatusRuntimeException e) {
        Status status = e.getStatus();
        boolean again = strange(status);
        if (!again && unusable(status)) {
          if (!hasItsTurn(to)) {
            attempt--; // somebody else has found out about that member already
          }
          failed(to, status);
          again = repeatable || !sent || neverLeft(status);
        }
        if (!again || attempt >= attempts || System.nanoTime() - last > 0) {
          throw new SharedKeysException(
              "%s: %s says: %s; see that a majority of its members runs and can be reached"
                  .formatted(config, to.endpoint, text(status)),
              repeatable || !sent || neverLeft(status) || !unusable(status),
              e);
        }
      }
    }
  }

  /** No connection could be made, so that nobody has heard the question. */
  private static boolean neverLeft(Status status) {
    return status.getCode() == Status.Code.UNAVAILABLE
        && String.valueOf(status.getDescription()).contains("io exception")
        && status.getCause() instanceof java.net.ConnectException;
  }

  // --- keys
  // ----------------------------------------------------------------------------------------

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private ByteString key(String key) {
    return bytes(config.prefix() + key);
  }

  /** The first key that does not begin with the prefix. */
  private ByteString end(String prefix) {
    byte[] end = (config.prefix() + prefix).getBytes(StandardCharsets.UTF_8);
    end[end.length - 1]++; // prefixes end with a slash or a letter
    return ByteString.copyFrom(end);
  }

  private String name(ByteString key) {
    return key.toStringUtf8().substring(config.prefix().length());
  }

  Entry entry(KeyValue kv) {
    return new Entry(name(kv.getKey()), kv.getValue(), kv.getModRevision());
  }

  String nameOf(KeyValue kv) {
    return name(kv.getKey());
  }

  ByteString first(String prefix) {
    return key(prefix);
  }

  ByteString last(String prefix) {
    return end(prefix);
  }

  @Override
  public Listing list(String prefix) {
    List<Entry> entries = new ArrayList<>();
    ByteString from = key(prefix);
    ByteString end = end(prefix);
    long revision = 0;
    while (true) {
      RangeRequest request =
          RangeRequest.newBuilder()
              .setKey(from)
              .setRangeEnd(end)
              .setLimit(PAGE)
              .setRevision(revision)
              .build();
      RangeResponse page =
          ask(true, to -> ready(KVGrpc.newBlockingStub(to.channel), to).range(request));
      if (revision == 0) {
        revision = page.getHeader().getRevision();
      }
      page.getKvsList().forEach(kv -> entries.add(entry(kv)));
      if (!page.getMore() || page.getKvsCount() == 0) {
        return new Listing(revision, entries);
      }
      // The key after the last one of this page.
      from = page.getKvs(page.getKvsCount() - 1).getKey().concat(ByteString.copyFrom(new byte[1]));
    }
  }

  @Override
  public Optional<Entry> get(String key) {
    RangeRequest request = RangeRequest.newBuilder().setKey(key(key)).build();
    RangeResponse response =
        ask(true, to -> ready(KVGrpc.newBlockingStub(to.channel), to).range(request));
    return response.getKvsList().stream().findFirst().map(this::entry);
  }

  @Override
  public long commit(List<Condition> conditions, List<? extends Change> changes) {
    TxnRequest.Builder whole = TxnRequest.newBuilder();
    for (Condition condition : conditions) {
      whole.addCompare(
          Compare.newBuilder()
              .setKey(key(condition.key()))
              .setTarget(Compare.CompareTarget.MOD)
              .setResult(Compare.CompareResult.EQUAL)
              .setModRevision(condition.modified()));
    }
    List<RequestOp> operations = new ArrayList<>(changes.stream().map(this::operation).toList());
    while (operations.size() > OPERATIONS) {
      operations = nested(operations);
    }
    TxnRequest request = whole.addAllSuccess(operations).build();
    TxnResponse response =
        ask(false, to -> ready(KVGrpc.newBlockingStub(to.channel), to).txn(request));
    return response.getSucceeded() ? response.getHeader().getRevision() : 0;
  }

  /** Transactions in a transaction: etcd bounds the number of operations of each level. */
  private static List<RequestOp> nested(List<RequestOp> operations) {
    List<RequestOp> outer = new ArrayList<>();
    for (int from = 0; from < operations.size(); from += OPERATIONS) {
      int to = Math.min(operations.size(), from + OPERATIONS);
      outer.add(
          RequestOp.newBuilder()
              .setRequestTxn(TxnRequest.newBuilder().addAllSuccess(operations.subList(from, to)))
              .build());
    }
    return outer;
  }

  private RequestOp operation(Change change) {
    RequestOp.Builder operation = RequestOp.newBuilder();
    switch (change) {
      case Put put ->
          operation.setRequestPut(
              PutRequest.newBuilder()
                  .setKey(key(put.key()))
                  .setValue(put.value())
                  .setLease(put.lease()));
      case Delete delete ->
          operation.setRequestDeleteRange(
              DeleteRangeRequest.newBuilder().setKey(key(delete.key())));
      case DeleteRange range ->
          operation.setRequestDeleteRange(
              DeleteRangeRequest.newBuilder()
                  .setKey(key(range.from()))
                  .setRangeEnd(key(range.end())));
    }
    return operation.build();
  }

  // --- watches and leases
  // --------------------------------------------------------------------------

  @Override
  public AutoCloseable watch(String prefix, long after, Watcher watcher) {
    EtcdWatch watch = new EtcdWatch(this, prefix, after, watcher, watches::remove);
    watches.add(watch);
    watch.start();
    return watch;
  }

  /** A watch could not be opened at the member that has its turn. */
  void failedForWatch(Status status) {
    Member current;
    synchronized (this) {
      current = member;
    }
    if (current != null) {
      failed(current, status);
    }
  }

  /** The member that a watch goes to; it is known to it who calls. */
  Member forWatch() {
    Member to = member();
    authenticated(to);
    return to;
  }

  @Override
  public long grant(Duration timeToLive) {
    LeaseGrantRequest request =
        LeaseGrantRequest.newBuilder().setTTL(Math.max(1, timeToLive.toSeconds())).build();
    // A lease that was granted and not heard of goes by itself.
    return ask(true, to -> ready(LeaseGrpc.newBlockingStub(to.channel), to).leaseGrant(request))
        .getID();
  }

  @Override
  public boolean renew(long lease) {
    LeaseKeepAliveRequest request = LeaseKeepAliveRequest.newBuilder().setID(lease).build();
    LeaseKeepAliveResponse response = ask(true, to -> renewed(to, request));
    return response.getTTL() > 0;
  }

  /** The contract has a stream for it; one answer of it is waited for. */
  private LeaseKeepAliveResponse renewed(Member to, LeaseKeepAliveRequest request) {
    Channel channel = to.channel;
    io.grpc.Context.CancellableContext call = io.grpc.Context.current().withCancellation();
    try {
      return call.wrap(
              (java.util.concurrent.Callable<LeaseKeepAliveResponse>)
                  () -> {
                    Iterator<LeaseKeepAliveResponse> answers =
                        ClientCalls.blockingServerStreamingCall(
                            channel,
                            LeaseGrpc.getLeaseKeepAliveMethod(),
                            io.grpc.CallOptions.DEFAULT
                                .withDeadlineAfter(patience(to).toMillis(), TimeUnit.MILLISECONDS)
                                .withCallCredentials(caller()),
                            request);
                    if (!answers.hasNext()) {
                      throw Status.UNAVAILABLE.withDescription("no answer").asRuntimeException();
                    }
                    return answers.next();
                  })
          .call();
    } catch (StatusRuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw Status.UNAVAILABLE.withCause(e).asRuntimeException();
    } finally {
      call.cancel(null);
    }
  }

  @Override
  public void revoke(long lease) {
    LeaseRevokeRequest request = LeaseRevokeRequest.newBuilder().setID(lease).build();
    ask(true, to -> ready(LeaseGrpc.newBlockingStub(to.channel), to).leaseRevoke(request));
  }

  @Override
  public void close() {
    watches.forEach(EtcdWatch::close);
    Member last;
    synchronized (this) {
      closed = true;
      last = member;
      member = null;
    }
    if (last != null) {
      last.channel.shutdownNow();
    }
  }
}
