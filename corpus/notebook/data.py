"""Loads the training data."""
import os

from transformers import AutoTokenizer

TOKENIZER = "bert-base-uncased"
PAD_TOKEN = "[PAD]"
MASK_TOKEN = "<mask>"
DATABRICKS_TOKEN = "<<databricks-personal-access-token ~ dapi{{hex:32}}>>"
WANDB_API_KEY = os.environ.get("WANDB_API_KEY")

tokenizer = AutoTokenizer.from_pretrained(TOKENIZER, token=os.environ.get("HF_TOKEN"))
tokens = tokenizer.tokenize("the quick brown fox")
key_padding_mask = None
sort_key = "created_at"
cache_key = "train:<<decoy ~ {{hex:32}}>>"
