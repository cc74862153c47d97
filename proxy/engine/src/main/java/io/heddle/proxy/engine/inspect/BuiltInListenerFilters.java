package io.heddle.proxy.engine.inspect;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.envoyproxy.envoy.extensions.filters.listener.http_inspector.v3.HttpInspector;
import io.envoyproxy.envoy.extensions.filters.listener.original_dst.v3.OriginalDst;
import io.envoyproxy.envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol;
import io.envoyproxy.envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.ListenerFilter;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * The listener filters that the engine has itself. Their fields were guarded where they were read.
 */
public final class BuiltInListenerFilters {
  private static final String PREFIX = "type.googleapis.com/envoy.extensions.filters.listener.";

  /** Inspects TLS with Envoy's defaults. */
  public static final ListenerFilterFactory TLS_INSPECTOR =
      new Factory<>(
          "envoy.filters.listener.tls_inspector",
          PREFIX + "tls_inspector.v3.TlsInspector",
          TlsInspector.parser(),
          (message, context) -> {
            var stats = io.heddle.proxy.engine.inspect.TlsInspector.Stats.of(context.serverStats());
            boolean close = message.getCloseConnectionOnClientHelloParsingErrors();
            return () -> new io.heddle.proxy.engine.inspect.TlsInspector(stats, close);
          });

  /** All of them. */
  public static final List<ListenerFilterFactory> ALL =
      List.of(
          TLS_INSPECTOR,
          new Factory<>(
              "envoy.filters.listener.http_inspector",
              PREFIX + "http_inspector.v3.HttpInspector",
              HttpInspector.parser(),
              (_, context) -> {
                var stats =
                    io.heddle.proxy.engine.inspect.HttpInspector.Stats.of(context.serverStats());
                return () -> new io.heddle.proxy.engine.inspect.HttpInspector(stats);
              }),
          new Factory<>(
              "envoy.filters.listener.original_dst",
              PREFIX + "original_dst.v3.OriginalDst",
              OriginalDst.parser(),
              (_, _) -> RestoreDestination::new),
          new Factory<>(
              "envoy.filters.listener.proxy_protocol",
              PREFIX + "proxy_protocol.v3.ProxyProtocol",
              ProxyProtocol.parser(),
              (message, context) -> {
                var config = ProxyProtocolFilter.Config.of(message, context.serverStats());
                return () -> new ProxyProtocolFilter(config);
              }));

  private BuiltInListenerFilters() {}

  /** Takes as the destination what it was before netfilter redirected the connection. */
  private static final class RestoreDestination implements ListenerFilter {
    @Override
    public int bytesNeeded() {
      return 0;
    }

    @Override
    public PeekDecision onPeek(ByteBuf peeked, ListenerConnection connection) {
      connection.redirectedFrom().ifPresent(connection::originalDestination);
      return new PeekDecision.Continue(0);
    }
  }

  private record Factory<M extends Message>(
      String name,
      String typeUrl,
      Parser<M> parser,
      BiFunction<M, FilterFactoryContext, ListenerFilterConfig> make)
      implements ListenerFilterFactory {
    @Override
    public Set<String> typeUrls() {
      return Set.of(typeUrl);
    }

    @Override
    public ListenerFilterConfig parse(Any config, FilterFactoryContext context)
        throws FilterConfigException {
      try {
        return make.apply(parser.parseFrom(config.getValue()), context);
      } catch (InvalidProtocolBufferException _) {
        throw new FilterConfigException("", "bytes that are not a message", typeUrl);
      }
    }
  }
}
