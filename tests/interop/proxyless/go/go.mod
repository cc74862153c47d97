module heddle.test/proxyless

go 1.24.0

require google.golang.org/grpc v1.76.0
