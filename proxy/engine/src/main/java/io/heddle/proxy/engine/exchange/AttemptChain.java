package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.codec.Framing;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.chain.FilterEntry;
import io.heddle.proxy.engine.cluster.UpstreamConnection;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The chain of one attempt: from the router through the cluster's own filters, which are few or
 * none, to the connection, and back. Owned by the exchange's loop.
 */
final class AttemptChain implements Flow {
  private static final FilterStage[] NO_STAGES = new FilterStage[0];

  private final Exchange exchange;
  private final UpstreamRequest owner;
  private FilterStage[] stages = NO_STAGES;
  private @Nullable ResponseHead head;
  private @Nullable Trailers trailers;

  AttemptChain(Exchange exchange, UpstreamRequest owner) {
    this.exchange = exchange;
    this.owner = owner;
  }

  void begin(List<FilterEntry> filters) {
    if (!filters.isEmpty()) {
      FilterStage[] made = new FilterStage[filters.size()];
      for (int i = 0; i < made.length; i++) {
        made[i] = new FilterStage(exchange, this, i, filters.get(i));
      }
      stages = made;
    }
  }

  /** The response begins. Takes ownership. */
  void response(ResponseHead given, boolean end) {
    head = given;
    responseHeaders(stages.length - 1, end);
  }

  /** Takes ownership. */
  void responseData(ByteBuf data, boolean end) {
    responseData(stages.length - 1, data, end);
  }

  /** Takes ownership. */
  void responseTrailers(Trailers given) {
    trailers = given;
    responseTrailers(stages.length - 1, given);
  }

  @Override
  public boolean over() {
    return exchange.completed();
  }

  @Override
  public @Nullable ResponseHead responseHead() {
    return head;
  }

  @Override
  public void requestHeaders(int index, boolean end) {
    UpstreamConnection to = owner.connection();
    if (index < stages.length) {
      stages[index].requestDirection().headers(end);
    } else if (to != null) {
      long length = exchange.request.contentLength();
      if (end) {
        to.sendHead(exchange.request, length == 0 ? Framing.LENGTH : Framing.NONE, 0, true);
      } else {
        to.sendHead(
            exchange.request, length >= 0 ? Framing.LENGTH : Framing.CHUNKED, length, false);
      }
    }
  }

  @Override
  public void requestData(int index, ByteBuf data, boolean end) {
    UpstreamConnection to = owner.connection();
    if (to == null) {
      data.release();
    } else if (index < stages.length) {
      stages[index].requestDirection().data(data, end);
    } else {
      to.sendData(data, end);
    }
  }

  @Override
  public void requestTrailers(int index, Trailers trailers) {
    UpstreamConnection to = owner.connection();
    if (index < stages.length) {
      stages[index].requestDirection().trailers(trailers);
    } else if (to != null) {
      to.sendTrailers(trailers);
    }
  }

  @Override
  public void responseHeaders(int index, boolean end) {
    ResponseHead given = head;
    if (index >= 0) {
      stages[index].responseDirection().headers(end);
    } else if (given != null) {
      head = null;
      exchange.upstreamHead(given, end);
    }
  }

  @Override
  public void responseData(int index, ByteBuf data, boolean end) {
    if (index >= 0) {
      stages[index].responseDirection().data(data, end);
    } else {
      exchange.upstreamData(data, end);
    }
  }

  @Override
  public void responseTrailers(int index, Trailers given) {
    if (index >= 0) {
      stages[index].responseDirection().trailers(given);
    } else {
      trailers = null;
      exchange.upstreamTrailers(given);
    }
  }

  @Override
  public boolean slow(boolean ofRequest) {
    return ofRequest ? owner.slow() : exchange.downstream.slow();
  }

  @Override
  public void disableRead(boolean ofRequest) {
    if (ofRequest) {
      exchange.downstream.disableRead();
    } else {
      owner.disableRead();
    }
  }

  @Override
  public void enableRead(boolean ofRequest) {
    if (ofRequest) {
      exchange.downstream.enableRead();
    } else {
      owner.enableRead();
    }
  }

  /** Ends the filters of the attempt, and gives back head and trailers that did not get through. */
  void end() {
    FilterStage[] ended = stages;
    stages = NO_STAGES;
    for (FilterStage stage : ended) {
      stage.complete();
    }
    ResponseHead untaken = head;
    if (untaken != null) {
      head = null;
      untaken.release();
    }
    Trailers held = trailers;
    if (held != null) {
      trailers = null;
      held.release();
    }
  }
}
