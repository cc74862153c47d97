package io.heddle.proxy.engine.matcher;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.HeaderName;
import io.heddle.xds.model.MatchInput;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what a tree looks at, as text. Immutable. */
@FunctionalInterface
interface CompiledInput {
  /** The text; null where it is not there. */
  @Nullable String read(MatchSubject subject);

  /** Compiles an input; metadata and attributes are no text, and read elsewhere. */
  static CompiledInput of(MatchInput input) {
    return switch (input) {
      case MatchInput.Header(String name) -> {
        HeaderName header = HeaderName.of(name);
        yield subject -> subject.header(header);
      }
      case MatchInput.Parameter(String name) -> subject -> subject.parameter(name);
      case MatchInput.FilterState(String key) -> subject -> subject.filterState(key);
      case MatchInput.Metadata _ -> _ -> null;
      case MatchInput.Attributes _ -> _ -> null;
      case MatchInput.Connection of -> of(of);
    };
  }

  private static CompiledInput of(MatchInput.Connection what) {
    return switch (what) {
      case DESTINATION_IP -> subject -> ip(subject.connection().localAddress());
      case DESTINATION_PORT ->
          subject -> Integer.toString(subject.connection().localAddress().getPort());
      case SOURCE_IP -> subject -> ip(subject.connection().remoteAddress());
      case SOURCE_PORT ->
          subject -> Integer.toString(subject.connection().remoteAddress().getPort());
      case DIRECT_SOURCE_IP -> subject -> ip(subject.connection().directRemoteAddress());
      case SOURCE_TYPE -> subject -> local(subject.connection()) ? "local" : null;
      case SERVER_NAME -> subject -> subject.connection().serverName().orElse(null);
      case TRANSPORT_PROTOCOL -> subject -> present(subject.transportProtocol());
      case APPLICATION_PROTOCOL -> subject -> quoted(subject.applicationProtocols());
    };
  }

  private static @Nullable String ip(InetSocketAddress address) {
    InetAddress ip = address.getAddress();
    return ip == null ? null : NetUtil.toAddressString(ip);
  }

  private static boolean local(ConnectionInfo connection) {
    InetAddress source = connection.remoteAddress().getAddress();
    return source == null
        || source.isLoopbackAddress()
        || source.equals(connection.localAddress().getAddress());
  }

  private static @Nullable String present(String text) {
    return text.isEmpty() ? null : text;
  }

  private static @Nullable String quoted(List<String> protocols) {
    return protocols.isEmpty() ? null : "'" + String.join("','", protocols) + "'";
  }
}
