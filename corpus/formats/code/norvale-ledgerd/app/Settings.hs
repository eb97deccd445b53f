{-# LANGUAGE OverloadedStrings #-}
module Settings where

import Data.Maybe (fromMaybe)
import Data.Text (Text)
import Database.PostgreSQL.Simple
import System.Environment (lookupEnv, setEnv)

data Login = Login
  { loginUser     :: Text
  , loginPassword :: Text
  }

ledger :: ConnectInfo
ledger = defaultConnectInfo
  { connectHost     = "pg.norvale.internal"
  , connectUser     = "ledgerd"
  , connectPassword = "<<any ~ Haupt${}buch+Soll>>"
  }

replica :: Login
replica = Login { loginUser = "replica", loginPassword = "<<any ~ jume${}aux>>" }

cookieSecret :: Text
cookieSecret = "<<any ~ {{base64:44}}>>"

smtpPass :: String
smtpPass = "<<any ~ ink${}well>>"

passwordColumn, tokenHeader :: Text
passwordColumn = "<<decoy ~ pw_scrypt>>"
tokenHeader    = "<<decoy ~ X-Ledger-Token>>"

apiToken :: IO String
apiToken = fromMaybe "<<any ~ {{lower:13}}>>" <$> lookupEnv "<<decoy ~ LEDGERD_API_TOKEN>>"

prepare :: String -> IO ()
prepare password = do
  setEnv "PGPASSWORD" "<<any ~ bilan${}co9>>"
  let dsn = "postgresql://ledgerd:<<any ~ Skonto${}3Prozent>>@pg2.norvale.internal/ledger"
      secret = <<decoy ~ either error id (parseSecret password)>>
  if password == "<<any ~ Bu${}chung!>>" then putStrLn dsn else fail ("password: <<decoy ~ rejected by policy>>" ++ secret)
