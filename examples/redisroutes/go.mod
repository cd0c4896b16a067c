module github.com/radius-dynauth/dynauth/examples/redisroutes

go 1.25.0

replace github.com/radius-dynauth/dynauth => ../..

require (
	github.com/radius-dynauth/dynauth v0.0.0
	github.com/redis/go-redis/v9 v9.22.0
	github.com/stretchr/testify v1.11.1
	layeh.com/radius v0.0.0-20231213012653-1006025d24f8
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	go.uber.org/atomic v1.11.0 // indirect
	golang.org/x/sys v0.30.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
