package io.heddle.proxy.filters.echo;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.network.echo.v3.Echo;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.NetworkFilter;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.filters.config.SetFields;
import io.netty.buffer.ByteBuf;
import java.util.Set;

/**
 * Makes the filter that answers with what it is sent ({@code envoy.filters.network.echo}).
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/network_filters/echo_filter">Envoy,
 *     echo</a>
 */
public final class EchoFilterFactory implements NetworkFilterFactory {
  @Override
  public String name() {
    return "envoy.filters.network.echo";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of("type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo");
  }

  @Override
  public boolean terminal() {
    return true;
  }

  @Override
  public NetworkFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    var _ = SetFields.unpack(config, Echo.class, Set.of());
    return Echoing::new;
  }

  /** One connection; the engine ends it after the client has ended its side. */
  private record Echoing(Connection connection) implements NetworkFilter {
    @Override
    public NetworkDecision onRead(ByteBuf data, boolean endOfInput) {
      if (data.isReadable()) {
        connection.write(data.retainedDuplicate());
      }
      return NetworkDecision.CONTINUE;
    }
  }
}
