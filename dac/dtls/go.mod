module github.com/radius-dynauth/dynauth/dac/dtls

go 1.25.0

replace github.com/radius-dynauth/dynauth => ../..

require (
	github.com/pion/dtls/v3 v3.1.15
	github.com/pion/logging v0.2.4
	github.com/radius-dynauth/dynauth v0.0.0
	github.com/stretchr/testify v1.12.1
	layeh.com/radius v0.0.0-20231213012653-1006025d24f8
)

require (
	github.com/pion/transport/v5 v5.0.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/crypto v0.48.0 // indirect
	golang.org/x/sys v0.41.0 // indirect
)
